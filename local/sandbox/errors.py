"""The API's errors, and how each generation words them. [errors]"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from local.sandbox.switches import Generation

Errors = dict[str, list[str]]

MESSAGES = {
    400: "The request body is malformed.",
    401: "Unauthenticated.",
    403: "This action is unauthorized.",
    404: "Resource not found.",
    405: "The method is not supported for this route.",
    422: "The given data was invalid.",
    429: "Too Many Attempts.",
    500: "Server Error",
}


class ApiError(Exception):
    """An answer other than 2xx.

    `errors` goes with 422 only. `absent` is the model and uuid of a record that is not there: g1 names it in its 404.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
        absent: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, errors)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.absent = absent

    def body(self, generation: Generation) -> dict[str, Any]:
        """`{message, errors?}` in g1, the same with `success: false` in g2. [errors]"""
        body: dict[str, Any] = {} if generation == "g1" else {"success": False}
        body["message"] = self.message or self._default_message(generation)
        if self.errors is not None:
            body["errors"] = self.errors
        return body

    def _default_message(self, generation: Generation) -> str:
        if generation == "g1" and self.absent:
            model, uuid = self.absent
            return f"No query results for model [App\\Models\\{model}] {uuid}"
        return MESSAGES.get(self.status) or _phrase(self.status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status."


def invalid(errors: Errors) -> ApiError:
    """The 422 that names the fields at fault. [errors]"""
    return ApiError(422, errors=errors)
