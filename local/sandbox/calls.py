"""The log of API calls."""

import json
from typing import Any

from pydantic import BaseModel, Field


class LoggedCall(BaseModel):
    """One call as it came in, and what became of it."""

    n: int = Field(description="Position among the calls, from 1.")
    at: str
    method: str
    path: str
    query: str
    request_id: str = Field(description="The caller's X-Request-Id, else one of the sandbox's; sent back as a header.")
    user_agent: str
    tenant: str | None = Field(description="The X-Tenant header.")
    body: Any = Field(default=None, description="The JSON body; null for any other and under /auth.")
    status: int | None = Field(
        default=None, description="What the caller was answered; null: nothing yet, or nothing at all."
    )
    api_status: int | None = Field(
        default=None, description="What the API itself made of the call; null: it never got there."
    )
    carried_out: bool = Field(default=False, description="The API did what was asked, whatever the caller was told.")
    fault: str | None = Field(default=None, description="The kind of the fault that met the call.")


def logged_body(path: str, content_type: str, body: bytes) -> Any:
    """The JSON body for the log, without credentials."""
    if path.startswith(("/auth/", "/oauth/")) or not content_type.startswith("application/json"):
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None
