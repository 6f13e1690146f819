"""DokStamp's API as plain calls, which answer entities or raise an error that is named by what happens next.

Every call has one total deadline. Source: [tenancy] for headers, [intro] for envelope and pages, [errors].
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import httpx

from dokstamp_sync import __version__
from dokstamp_sync.backoff import retry_after
from dokstamp_sync.dokstamp import answers
from dokstamp_sync.dokstamp.answers import Answer, Entity
from dokstamp_sync.dokstamp.deadline import DeadlineTransport, total_deadline
from dokstamp_sync.dokstamp.fates import NOT_CARRIED_OUT, Fate, fate
from dokstamp_sync.dokstamp.paces import Paces
from dokstamp_sync.dokstamp.tokens import Credentials, TokenRequest, Tokens
from dokstamp_sync.errors import Misconfigured, NotFound, OutOfTime, Rejected, Retry, Throttled
from dokstamp_sync.settings import Settings

MOST_PAGES = 1000
PER_PAGE = 100
# Between the end of a call and the end of the worker's time there must be room to write down what came of it.
MARGIN_SECONDS = 5.0
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class DokStamp:
    """One client per environment: one connection pool, one token.

    A reading call leaves no doubt, so its Retry is always definite. Every method raises Retry, Throttled,
    Misconfigured, NotFound or Rejected; see errors.py.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        brake: Paces,
        *,
        clock: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._deadline = settings.deadline_seconds
        self._clock = clock
        self._brake = brake
        self._stop_at = float("inf")
        self._size = {"per_page": str(PER_PAGE)}
        self._http = httpx.Client(
            base_url=settings.dokstamp_base_url,
            transport=transport or DeadlineTransport(settings.record_threads),
            timeout=settings.deadline_seconds,
            headers={
                "Accept": "application/json",
                # A compressed answer may be a thousand times larger than what came over the wire.
                "Accept-Encoding": "identity",
                "X-Tenant": settings.dokstamp_tenant,
                "User-Agent": f"dokstamp-sync/{__version__}",
            },
        )
        self._tokens = Tokens(settings.dokstamp_auth, credentials, self._ask_for_token, clock)

    def stop_at(self, moment: float) -> None:
        """No call begins that could last beyond ``moment`` (seconds since the epoch)."""
        self._stop_at = moment

    def pages(self, path: str, where: Mapping[str, str] | None = None) -> Iterator[Entity]:
        """Every entity of a list, page after page of whatever size the server chooses.

        Large pages are asked for until they are refused: how large one may be is not documented [intro]. Raises
        Retry if the pages cannot be followed: half a list must never pass for a whole one.
        """
        filters = {f"where[{field}]": value for field, value in (where or {}).items()}
        # Another thread may change it meanwhile, and the pages of one list must be of one size.
        size = self._size
        try:
            yield from self._pages(path, filters | size)
        except Rejected as refusal:
            if not size.keys() & refusal.fields:
                raise
            self._size = {}
            yield from self._pages(path, filters)

    def _pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[Entity]:
        seen = 0
        first: object = None
        for page in range(1, MOST_PAGES + 1):
            body = self._send("GET", path, params={**parameters, **({"page": str(page)} if page > 1 else {})})
            entities, meta = body.get("data"), body.get("meta")
            if not isinstance(entities, list) or not all(map(answers.is_entity, entities)):
                raise Retry(f"GET {path} answered without a list of entities")
            if page > 1 and entities and entities[0]["uuid"] == first:
                raise Retry(f"GET {path} answers the same page again and again")
            yield from entities
            seen += len(entities)
            first = entities[0]["uuid"] if entities else None
            total = answers.total(meta, f"GET {path}")
            if total is None or seen >= total:
                return
            if not entities:
                raise Retry(f"GET {path} ends before its own total")
        raise Retry(f"GET {path} has more than {MOST_PAGES} pages")

    def get(self, path: str) -> Entity:
        """One entity."""
        return answers.entity(self._send("GET", path), f"GET {path}")

    def create(self, path: str, body: Mapping[str, Any]) -> Entity:
        """The entity that a POST made; always with a ``uuid``."""
        return answers.entity(self._send("POST", path, json=body), f"POST {path}")

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        """PATCH with the fields of ``body``."""
        self._send("PATCH", path, json=body)

    def attach(self, path: str, body: Mapping[str, Any]) -> None:
        """A POST whose answer the vendor does not show [course-modules]."""
        self._send("POST", path, json=body)

    def detach(self, path: str, body: Mapping[str, Any]) -> None:
        """A DELETE with a body [course-modules]."""
        self._send("DELETE", path, json=body)

    def revoke(self, path: str, body: Mapping[str, Any]) -> Entity:
        """The certificate after a PUT on its ``/revoke`` [revocation]."""
        return answers.entity(self._send("PUT", path, json=body), f"PUT {path}")

    def upload(self, name: str, pdf: IO[bytes]) -> Entity:
        """The file that now holds the PDF: a new one, or the one that held the same bytes before [files]."""
        body = self._send("POST", "/files", files={"files[]": (name, pdf, "application/pdf")})
        files = body.get("data")
        if not isinstance(files, list) or len(files) != 1:
            raise Retry("POST /files answered without one file", definite=False)
        return answers.entity({"data": files[0]}, "POST /files")

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _send(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """One deadline for everything, a new token and the repeat included: the length of leases depends on it."""
        self._brake.wait()
        self._check_time()
        end = self._clock() + self._deadline
        with total_deadline(self._deadline):
            token = self._tokens.current()
            answer = self._exchange_before(end, method, path, token, **content)
            if fate(answer.status) is Fate.RENEW:
                _rewind(content)
                answer = self._exchange_before(end, method, path, self._tokens.after_refusal(token), **content)
        self._tell_brake(answer)
        return self._judge(method, path, answer)

    def _exchange_before(self, end: float, method: str, path: str, token: str, **content: Any) -> Answer:
        if self._clock() >= end:
            raise Retry(f"{method} {path} was not sent: getting a token took too long")
        return self._exchange(method, path, token, **content)

    def _exchange(self, method: str, path: str, token: str | None, **content: Any) -> Answer:
        self._check_time()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with self._http.stream(method, path, headers=headers, **content) as response:
                return answers.read(response)
        except _NEVER_SENT as error:
            self._brake.fail(None)
            raise Retry(f"DokStamp could not be reached ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._brake.fail(None)
            reason = f"{method} {path} got no whole answer ({type(error).__name__})"
            raise Retry(reason, definite=method == "GET") from None

    def _check_time(self) -> None:
        if self._clock() + self._deadline + MARGIN_SECONDS > self._stop_at:
            raise OutOfTime("the worker's time is up; the rest is handed back")

    def _judge(self, method: str, path: str, answer: Answer) -> dict[str, Any]:
        status = answer.status
        said = f"{method} {path} answered {status}"
        wait = self._asked_to_wait(answer)
        match fate(status):
            case Fate.DONE:
                return answers.body(said, answer, definite=method == "GET")
            case Fate.THROTTLED:
                raise Throttled(said, after=wait)
            case Fate.RETRY:
                definite = method == "GET" or status in NOT_CARRIED_OUT
                raise Retry(said, definite=definite) if wait is None else Throttled(said, after=wait, definite=definite)
            case Fate.RENEW:
                raise Misconfigured(f"{said} also with a new token: check credentials and tenant")
            case Fate.MISCONFIGURED:
                raise Misconfigured(f"{said}: check the credentials' permissions, tenant and base URL")
            case Fate.NOT_FOUND if not _UUID.search(path):
                # A path without a uuid always exists; a missing or unknown tenant is a 404 [tenancy].
                raise Misconfigured(f"{said}: check the tenant and the base URL")
            case Fate.NOT_FOUND:
                raise NotFound(said, path=path)
            case Fate.REJECTED:
                if answers.breaks_off(answer):
                    # Which field it was about decides what becomes of the record.
                    raise Retry(f"{said}, and the answer breaks off")
                reason, blamed = answers.refusal(answer)
                raise Rejected(f"{said}: {reason}", status=status, fields=blamed)

    def _tell_brake(self, answer: Answer) -> None:
        match fate(answer.status):
            case Fate.THROTTLED:
                self._brake.refuse(self._asked_to_wait(answer))
            case Fate.RETRY:
                self._brake.fail(self._asked_to_wait(answer))
            case _:
                self._brake.serve()

    def _asked_to_wait(self, answer: Answer) -> float | None:
        return retry_after(answer.retry_after, self._clock())

    def _ask_for_token(self, request: TokenRequest) -> Mapping[str, Any]:
        try:
            return self._judge_token(request, self._exchange("POST", request.path, None, **_content(request)))
        except Retry as error:
            # Whatever became of the token request, the call that wanted the token was not carried out.
            error.definite = True
            raise

    def _judge_token(self, request: TokenRequest, answer: Answer) -> Mapping[str, Any]:
        if fate(answer.status) in (Fate.RENEW, Fate.NOT_FOUND, Fate.REJECTED):
            raise Misconfigured(
                f"POST {request.path} answered {answer.status}: check the credentials, the base URL and the "
                "authentication mode"
            )
        if fate(answer.status) is not Fate.DONE:
            # How many calls DokStamp takes is not to be learned from a token that it gave.
            self._tell_brake(answer)
        return self._judge("POST", request.path, answer)


def _content(request: TokenRequest) -> dict[str, Any]:
    return {"data": request.form} if request.form else {"json": request.json}


def _rewind(content: Mapping[str, Any]) -> None:
    for _, file, _ in content.get("files", {}).values():
        file.seek(0)
