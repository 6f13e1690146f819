"""The sandbox's own endpoints under `/_sandbox`: no authentication, never logged, never met by a fault."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ValidationError

from local.sandbox.calls import LoggedCall
from local.sandbox.faults import Fault, FaultInForce
from local.sandbox.sandbox import Sandbox
from local.sandbox.switches import Switches


class Health(BaseModel):
    status: str = "ok"
    generation: str


def control_routes(sandbox: Sandbox) -> APIRouter:
    """The endpoints that show and steer `sandbox`."""
    router = APIRouter(prefix="/_sandbox", tags=["sandbox"])
    _add_state(router, sandbox)
    _add_switches(router, sandbox)
    _add_calls(router, sandbox)
    _add_faults(router, sandbox)
    return router


def _add_state(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/health")
    async def health() -> Health:
        """That the sandbox is up."""
        return Health(generation=sandbox.switches.generation)

    @router.post("/reset", status_code=204)
    async def reset() -> None:
        """Everything as at the start: no records, calls or faults, the first switches. Tokens stay good."""
        sandbox.reset()

    @router.get("/state")
    async def state() -> dict[str, Any]:
        """All records of all tenants.

        `{<resource>: {live: [...], trashed: [...]}, attachments: {<course uuid>: [...]}, notifications: [...]}`;
        a certificate has its `snapshot` of the student, a file its `sha256`.
        """
        return sandbox.state

    @router.delete("/tokens", status_code=204)
    async def end_tokens() -> None:
        """Ends every token: the next call with one is answered 401."""
        with sandbox.lock:
            sandbox.gate.clear()

    @router.post("/certificates/{uuid}/expire", status_code=204)
    async def expire(uuid: str) -> None:
        """Lets an issued certificate expire, as time does at the vendor."""
        if not sandbox.expire(uuid):
            raise HTTPException(404)


def _add_switches(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/switches")
    async def switches() -> Switches:
        """The switches in force."""
        return sandbox.switches

    @router.patch("/switches", openapi_extra={"requestBody": _body_of("Switches")})
    async def switch(changes: dict[str, Any]) -> Switches:
        """Sets those that are sent; 400 for an unknown name or value, and then none is set."""
        try:
            return sandbox.switch(**changes)
        except ValidationError as problem:
            raise HTTPException(400, str(problem)) from None


def _add_calls(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/calls")
    async def calls() -> list[LoggedCall]:
        """Every API call, in the order in which they came in."""
        return sandbox.calls

    @router.delete("/calls", status_code=204)
    async def forget_calls() -> None:
        """Empties the log; numbers start from 1 again."""
        with sandbox.lock:
            sandbox.calls.clear()


def _add_faults(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/faults")
    async def faults() -> list[FaultInForce]:
        """The faults in force, and how often each was matched and used."""
        return sandbox.faults.entries

    @router.post("/faults", status_code=201)
    async def add_faults(faults: list[Fault]) -> list[FaultInForce]:
        """Adds faults. The first that matches a call, and is neither waiting nor spent, meets it."""
        sandbox.add_faults(*faults)
        return sandbox.faults.entries

    @router.delete("/faults", status_code=204)
    async def forget_faults(name: str | None = None) -> None:
        """Ends all faults, or those of that name."""
        with sandbox.lock:
            sandbox.faults.clear(name)


def _body_of(model: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}
