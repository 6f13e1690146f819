"""A plain caller of the API, and short ways to the records that a test needs first."""

from itertools import count
from typing import Any, Self

import httpx

from local.sandbox import Account, Sandbox

Json = dict[str, Any]


def stranger(sandbox: Sandbox) -> httpx.Client:
    """A client without credentials. It would never use the certificates that `verify` loads."""
    return httpx.Client(base_url=sandbox.url, timeout=10, verify=False)


class Caller:
    """Logged in as one account; its helpers create a record and give back the answer's `data`."""

    def __init__(self, sandbox: Sandbox, account: Account) -> None:
        self.http = stranger(sandbox)
        self.http.headers.update({"Accept": "application/json", "X-Tenant": account.tenant})
        self.account = account
        self._numbers = count(1)
        self.authenticate(sandbox.switches.accepts_oauth)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def authenticate(self, by_oauth: bool = True) -> None:
        account = self.account
        if by_oauth:
            form = {"grant_type": "client_credentials"} | oauth_form(account)
            answer = self.http.post("/oauth/token", data=form)
        else:
            answer = self.http.post("/auth/login", json={"email": account.email, "password": account.password})
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: str | int) -> httpx.Response:
        """A GET; keyword `where_x` and `sort_x` stand for `where[x]` and `sort[x]`."""
        names = {name: name for name in query}
        for prefix in ("where", "sort"):
            names |= {name: f"{prefix}[{name.removeprefix(prefix + '_')}]" for name in query if name.startswith(prefix)}
        return self.http.get(path, params={names[name]: value for name, value in query.items()})

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.http.patch(path, json=body)

    def put(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.put(path, json=body)

    def delete(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.request("DELETE", path, json=body) if body is not None else self.http.delete(path)

    def created(self, path: str, body: Json) -> Json:
        answer = self.post(path, body)
        assert answer.status_code == 201, answer.text
        data: Json = answer.json()["data"]
        return data

    def institution(self, **fields: Any) -> Json:
        return self.created("/institutions", {"name": "Vale", "country": "Brazil"} | fields)

    def course(self, institution: Json, **fields: Any) -> Json:
        return self.created("/courses", {"name": "Course", "institution_uuid": institution["uuid"]} | fields)

    def module(self, institution: Json, **fields: Any) -> Json:
        return self.created("/modules", {"name": "Module", "institution_uuid": institution["uuid"]} | fields)

    def cohort(self, course: Json, **fields: Any) -> Json:
        return self.created("/cohorts", {"code": f"C{next(self._numbers)}", "course_uuid": course["uuid"]} | fields)

    def student(self, **fields: Any) -> Json:
        person = {"name": "Ana Souza", "email": f"s{next(self._numbers)}@x.example", "date_of_birth": "2000-01-31"}
        return self.created("/students", person | fields)

    def enrollment(self, student: Json, course: Json, **fields: Any) -> Json:
        references = {"student_uuid": student["uuid"], "course_uuid": course["uuid"]}
        return self.created("/enrollments", references | {"enrolled_at": "2024-02-01"} | fields)

    def upload(self, *contents: bytes) -> httpx.Response:
        parts = [("files[]", (f"{n}.pdf", content, "application/pdf")) for n, content in enumerate(contents)]
        return self.http.post("/files", files=parts)

    def file(self) -> Json:
        answer = self.upload(b"%%PDF-1.7 %d" % next(self._numbers))
        data: Json = answer.json()["data"][0]
        return data

    def certificate_body(self, **fields: Any) -> Json:
        """A body that `POST /certificates` takes; everything that it refers to is created."""
        institution = self.institution()
        return {
            "institution_uuid": institution["uuid"],
            "course_uuid": self.course(institution)["uuid"],
            "student_uuid": self.student()["uuid"],
            "file_uuid": self.file()["uuid"],
        } | fields

    def issued(self, **fields: Any) -> Json:
        return self.created("/certificates", self.certificate_body(finish=True, **fields))


def oauth_form(account: Account) -> dict[str, str]:
    return {"client_id": account.client_id, "client_secret": account.client_secret}


def errors(answer: httpx.Response) -> set[str]:
    """The fields that a 422 blames."""
    assert answer.status_code == 422, answer.text
    return set(answer.json()["errors"])
