"""The FastAPI application: the vendor's API, its documentation, the control endpoints and the pages."""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from local.sandbox import files
from local.sandbox.answers import Answer, Call, Upload
from local.sandbox.control import control_routes
from local.sandbox.errors import ApiError
from local.sandbox.openapi import DESCRIPTION, TAGS, auth_documentation, described, documentation
from local.sandbox.operations import OPERATIONS, Operation
from local.sandbox.pages import page_routes
from local.sandbox.sandbox import Sandbox
from local.sandbox.wire import Wire

_log = logging.getLogger(__name__)

Produce = Callable[[Request], Awaitable[Answer]]


def create_app(sandbox: Sandbox) -> ASGIApp:
    """The whole sandbox as an ASGI application."""
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="DokStamp sandbox",
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        swagger_ui_parameters={"docExpansion": "none", "defaultModelsExpandDepth": 0},
    )
    for method, path, produce in _calls_without_tenant(sandbox):
        endpoint = _endpoint(sandbox, produce)
        app.add_api_route(path, endpoint, methods=[method], **auth_documentation(method, path))
    for operation in OPERATIONS:
        endpoint = _endpoint(sandbox, partial(_carried_out, sandbox, operation))
        app.add_api_route(operation.path, endpoint, methods=[operation.method], **documentation(operation))
    app.include_router(control_routes(sandbox))
    app.include_router(page_routes(sandbox))
    app.add_exception_handler(HTTPException, partial(_no_such_call, sandbox))
    # FastAPI's own way to put something else in the description's place.
    app.openapi = partial(described, app)  # type: ignore[method-assign]
    return Wire(app, sandbox)


def _endpoint(sandbox: Sandbox, produce: Produce) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that answers what `produce` gives; errors become the generation's error bodies."""

    async def endpoint(request: Request) -> Response:
        try:
            return _response(await produce(request))
        except ApiError as error:
            return _failed(sandbox, error)
        # Whatever it is, it is the sandbox's own fault: said with its trace, and a 500 for the caller.
        except Exception:
            _log.exception("The sandbox failed at %s %s", request.method, request.url.path)
            return _failed(sandbox, ApiError(500))

    return endpoint


def _calls_without_tenant(sandbox: Sandbox) -> list[tuple[str, str, Produce]]:
    gate = sandbox.gate

    async def oauth_token(request: Request) -> Answer:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise ApiError(400)
        form = {name: str(value) for name, value in (await request.form()).items()}
        return gate.oauth_token(sandbox.switches, form)

    async def login(request: Request) -> Answer:
        return gate.login(sandbox.switches, await _json_body(request))

    async def refresh(request: Request) -> Answer:
        return gate.refresh(sandbox.switches, await _json_body(request))

    async def logout(request: Request) -> Answer:
        return gate.logout(sandbox.switches, request.headers.get("authorization"))

    async def me(request: Request) -> Answer:
        return gate.me(sandbox.switches, request.headers.get("authorization"))

    return [
        ("POST", "/oauth/token", oauth_token),
        ("POST", "/auth/login", login),
        ("POST", "/auth/refresh", refresh),
        ("POST", "/auth/logout", logout),
        ("GET", "/auth/me", me),
        ("GET", "/files/{uuid}/download", partial(_download, sandbox)),
    ]


async def _download(sandbox: Sandbox, request: Request) -> Answer:
    with sandbox.lock:
        return files.download(sandbox.store, request.path_params["uuid"])


async def _carried_out(sandbox: Sandbox, operation: Operation, request: Request) -> Answer:
    """Lets the caller in, reads the body, and runs the operation as one indivisible change."""
    tenant = _tenant(sandbox, request)
    body: dict[str, Any] = {}
    uploads: tuple[Upload, ...] = ()
    if operation.body == "upload":
        uploads = await _uploads(request)
    elif operation.body != "none":
        body = await _json_body(request, may_be_absent=operation.body == "revoke")
    with sandbox.lock:
        sandbox.admit(tenant)
        try:
            return operation.run(Call(sandbox.scope(tenant), request.path_params, request.query_params, body, uploads))
        finally:
            sandbox.keep()


def _tenant(sandbox: Sandbox, request: Request) -> str:
    """The caller's tenant, once its three headers are right. [tenancy] [errors]"""
    account = sandbox.gate.owner(request.headers.get("authorization"))
    switches = sandbox.switches
    if request.headers.get("x-tenant") != account.tenant:
        if switches.missing_tenant == "by_endpoint":
            raise ApiError(404 if request.path_params else 401)
        raise ApiError(int(switches.missing_tenant))
    if switches.accept_header == "required" and "application/json" not in request.headers.get("accept", ""):
        raise ApiError(400, "The header Accept: application/json is required.")
    return account.tenant


async def _json_body(request: Request, *, may_be_absent: bool = False) -> dict[str, Any]:
    """The JSON object that came as the body; 400 for anything else. [errors]"""
    content = await request.body()
    if may_be_absent and not content:
        return {}
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiError(400)
    try:
        body = json.loads(content)
    except ValueError:
        raise ApiError(400) from None
    if not isinstance(body, dict):
        raise ApiError(400)
    return body


async def _uploads(request: Request) -> tuple[Upload, ...]:
    """The parts named `files[]` of a multipart body. [files]"""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError(400)
    try:
        parts = (await request.form()).getlist("files[]")
    except HTTPException:
        raise ApiError(400) from None
    return tuple([Upload(part.filename or "", await part.read()) for part in parts if isinstance(part, UploadFile)])


def _response(answer: Answer) -> Response:
    if answer.content is not None:
        return Response(answer.content, answer.status, headers=dict(answer.headers))
    if answer.body is None:
        return Response(status_code=answer.status)
    return JSONResponse(answer.body, answer.status)


def _failed(sandbox: Sandbox, error: ApiError) -> Response:
    return JSONResponse(error.body(sandbox.switches.generation), error.status, headers=error.headers)


async def _no_such_call(sandbox: Sandbox, request: Request, problem: Exception) -> Response:
    """An unknown path or method, in the form of the page that it was looked for on."""
    assert isinstance(problem, HTTPException)
    if request.url.path.startswith("/_sandbox"):
        return await http_exception_handler(request, problem)
    return _failed(sandbox, ApiError(problem.status_code))
