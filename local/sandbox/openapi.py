"""The OpenAPI description of every call, shown at `/docs`."""

import inspect
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from local.sandbox.catalogue import RESOURCES
from local.sandbox.operations import Operation
from local.sandbox.schemas import TEXT, UUID, Schema, array, components, data, reference

DESCRIPTION = """
Stand-in for the DokStamp REST API, for tests and local runs. It speaks either generation of the documentation, g1 or
g2: `GET /_sandbox/switches` tells which, and lists every question that the documentation leaves open.

A resource call needs `Authorization: Bearer <token>`, `X-Tenant` and `Accept: application/json`. Get a token at
`POST /oauth/token` (g2: `sandbox-client`, `sandbox-secret`) or `POST /auth/login` (g1: `sync@sandbox.example`,
`sandbox-password`), then press *Authorize* with it and the tenant `sandbox`.
"""
TAGS = [
    {"name": "authentication", "description": "Tokens. [auth] [tenancy]"},
    *({"name": each.name, "description": f"Documentation section {each.section}"} for each in RESOURCES.values()),
    {"name": "sandbox", "description": "Shows and steers the sandbox itself. No authentication, never logged."},
]
_SECURITY: Schema = {
    "token": {"type": "http", "scheme": "bearer", "description": "The access token."},
    "tenant": {"type": "apiKey", "in": "header", "name": "X-Tenant", "description": "The tenant's domain."},
}
_PROBLEMS = {
    400: "The body is malformed, or `Accept` is missing.",
    401: "The token is missing, ended or unknown; or `X-Tenant` is missing or another tenant's.",
    404: "There is no such record in this tenant; or `X-Tenant` is missing or another tenant's.",
    422: "The data is invalid: `errors` names the fields.",
    429: "Too many calls; see `Retry-After`.",
}
_NUMBER: Schema = {"type": "integer"}


def _content(schema: Schema, content_type: str = "application/json") -> Schema:
    return {"content": {content_type: {"schema": schema}}}


_AUTH_SUMMARIES = {
    "/oauth/token": "g2: client credentials for {token_type, expires_in, access_token}",
    "/auth/login": "g1: e-mail and password for {token_type, expires_in, access_token, refresh_token}",
    "/auth/refresh": "g1: a refresh token for the same",
    "/auth/logout": "g1: end the token",
    "/auth/me": "Who calls; data.tenant.domain is the value for X-Tenant",
}
_AUTH_BODIES = {
    "/oauth/token": ("application/x-www-form-urlencoded", ["grant_type", "client_id", "client_secret"]),
    "/auth/login": ("application/json", ["email", "password"]),
    "/auth/refresh": ("application/json", ["refresh_token"]),
}
_AUTH_ANSWERS = {
    "/oauth/token": {"description": "A token of 12 hours; no refresh token.", **_content(reference("Token"))},
    "/auth/login": {"description": "A token of a year.", **_content(reference("TokenPair"))},
    "/auth/refresh": {"description": "A token of a year.", **_content(reference("TokenPair"))},
    "/auth/me": {"description": "Numeric `id` for `uuid` in g1.", **_content(data(reference("Caller")))},
}


def described(app: FastAPI) -> dict[str, Any]:
    """The whole description; FastAPI's own, with the schemas of the tables."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        document["components"]["schemas"] |= components()
        document["components"]["securitySchemes"] = _SECURITY
        app.openapi_schema = document
    return app.openapi_schema


def documentation(operation: Operation) -> dict[str, Any]:
    """What FastAPI takes to describe a resource call."""
    extra: Schema = {
        "parameters": [*_path_parameters(operation.path), *(_query(operation) if operation.gives == "list" else [])],
        "security": [{"token": [], "tenant": []}],
    }
    body = _body(operation)
    if body:
        extra["requestBody"] = body
    problems = [400, 401, 404, 422, 429] if body else [401, 404, 429]
    return {
        "summary": operation.summary,
        "tags": [operation.resource.name],
        "status_code": operation.status,
        "description": _description(operation),
        "operation_id": _identifier(operation.method, operation.path),
        "responses": {operation.status: _success(operation), **_problems_of(problems)},
        "openapi_extra": extra,
    }


def auth_documentation(method: str, path: str) -> dict[str, Any]:
    """What FastAPI takes to describe a call without a tenant."""
    if path.startswith("/files"):
        summary, tag, problems = "Download a file; no authentication", "files", [404]
    else:
        summary, tag, problems = _AUTH_SUMMARIES[path], "authentication", [401, 404, 422]
    extra: Schema = {"parameters": _path_parameters(path)}
    if path in _AUTH_BODIES:
        content_type, names = _AUTH_BODIES[path]
        schema: Schema = {"type": "object", "required": names, "properties": dict.fromkeys(names, TEXT)}
        extra["requestBody"] = _content(schema, content_type)
    if path in ("/auth/logout", "/auth/me"):
        extra["security"] = [{"token": []}]
    return {
        "summary": summary,
        "tags": [tag],
        "operation_id": _identifier(method, path),
        "responses": {200: _AUTH_ANSWERS.get(path, {"description": "Done."}), **_problems_of(problems)},
        "openapi_extra": extra,
    }


def _identifier(method: str, path: str) -> str:
    return method.lower() + re.sub(r"\W+", "_", path).rstrip("_")


def _problems_of(statuses: list[int]) -> dict[int, Schema]:
    return {status: {"description": _PROBLEMS[status], **_content(reference("Problem"))} for status in statuses}


def _description(operation: Operation) -> str:
    text = inspect.getdoc(getattr(operation.run, "func", operation.run)) or ""
    keepers = sorted({table for table, _ in operation.resource.kept_by})
    if operation.gives == "nothing" and keepers:
        text += f"\n\nWhat may refer to it: {', '.join(keepers)}."
    return text


def _body(operation: Operation) -> Schema | None:
    model = operation.resource.model
    uuids = array(UUID)
    bodies: dict[str, Schema] = {
        "create": reference(f"{model}Create"),
        "change": reference(f"{model}Change"),
        "uuids": {"type": "object", "required": ["uuids"], "properties": {"uuids": uuids}},
        "attach": {
            "type": "object",
            "required": ["modules"],
            "properties": {"modules": array(reference("Attachment"))},
        },
        "detach": {"type": "object", "required": ["modules"], "properties": {"modules": uuids}},
        "revoke": {"type": "object", "properties": {"revocation_reason": {"type": ["string", "null"]}}},
    }
    if operation.body == "upload":
        parts = array({"type": "string", "format": "binary"})
        return _content({"type": "object", "properties": {"files[]": parts}}, "multipart/form-data")
    return _content(bodies[operation.body]) if operation.body in bodies else None


def _success(operation: Operation) -> Schema:
    record = reference(operation.resource.model)
    answers: dict[str, Schema] = {
        "one": data(record),
        "list": data(array(record), meta=reference("Meta")),
        "attached": data(array(reference("Attachment"))),
        "revocation": data(reference("Revocation")),
        "uploaded": data(array(reference("UploadedFile"))),
    }
    if operation.gives == "nothing":
        return {"description": "Deleted; no body."}
    return {"description": "Done.", **_content(answers[operation.gives])}


def _path_parameters(path: str) -> list[Schema]:
    return [{"name": name, "in": "path", "required": True, "schema": UUID} for name in re.findall(r"\{(\w+)\}", path)]


def _query(operation: Operation) -> list[Schema]:
    resource = operation.resource
    columns = ["created_at", *(field.name for field in resource.fields if not field.write_only)]
    filters: Schema = dict.fromkeys(resource.filters, TEXT)
    order: Schema = {"column": {"enum": columns}, "order": {"enum": ["asc", "desc"], "default": "asc"}}
    return [
        _deep(
            "where",
            filters,
            "`where[<field>]=<value>`; all must hold; `null` tests for null. Other fields: see `filter_fields`.",
        ),
        _deep("sort", order, "`sort[column]=<field>`, `sort[order]=asc` or `desc`."),
        {"name": "page", "in": "query", "schema": _NUMBER | {"minimum": 1, "default": 1}},
        {"name": "per_page", "in": "query", "schema": _NUMBER | {"minimum": 1, "default": 15}},
    ]


def _deep(name: str, properties: Schema, description: str) -> Schema:
    schema = {"type": "object", "properties": properties}
    return {
        "name": name,
        "in": "query",
        "style": "deepObject",
        "explode": True,
        "schema": schema,
        "description": description,
        # Else the page would fill in all filters, with values that nothing matches.
        "example": {},
    }
