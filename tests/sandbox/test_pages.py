"""What a browser sees, and the OpenAPI description."""

import re

import httpx
import pytest

from local.sandbox import Sandbox
from local.sandbox.operations import OPERATIONS
from tests.sandbox.caller import Caller


def test_the_overview_counts_records_and_links_certificates(api: Caller, anyone: httpx.Client) -> None:
    # Given
    certificate = api.issued()
    # When
    page = anyone.get("/")
    # Then
    assert page.headers["content-type"].startswith("text/html")
    assert "<tr><td>students</td>" in page.text
    for link in (certificate["public_verification_url"], "/docs", "/_sandbox/state"):
        assert f'href="{link}"' in page.text


def test_text_from_outside_is_escaped(api: Caller, anyone: httpx.Client) -> None:
    student = api.student(name="<script>alert(1)</script>")
    url = api.issued(student_uuid=student["uuid"])["public_verification_url"]
    for page in (anyone.get("/"), anyone.get(url)):
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


def test_a_certificate_shows_the_preferred_name(api: Caller, anyone: httpx.Client) -> None:
    student = api.student(name="Ana Souza", social_name="Léo Souza")
    page = anyone.get(api.issued(student_uuid=student["uuid"])["public_verification_url"])
    assert "Léo Souza" in page.text
    assert "Ana Souza" not in page.text


def test_drafts_deleted_and_unknown_certificates_have_no_public_page(
    sandbox: Sandbox, api: Caller, anyone: httpx.Client
) -> None:
    # Given
    draft, deleted = api.created("/certificates", api.certificate_body()), api.issued()
    api.delete(f"/certificates/{deleted['uuid']}")
    state = sandbox.state["certificates"]
    ids = [record["short_id"] for record in state["live"] + state["trashed"]]
    # Then
    assert draft["public_verification_url"] is None
    assert [anyone.get(f"/verify/{each}").status_code for each in [*ids, "unknown"]] == [404, 404, 404]


def test_the_documentation_page_loads_nothing_from_elsewhere(sandbox: Sandbox, anyone: httpx.Client) -> None:
    # When
    page = anyone.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    # Then
    assert len(addresses) >= 2
    assert "://" not in page.replace(sandbox.url, "")
    assert {anyone.get(address).status_code for address in addresses} == {200}


def test_every_call_is_described_with_its_answers(anyone: httpx.Client) -> None:
    # When
    document = anyone.get("/openapi.json").json()
    # Then
    for operation in OPERATIONS:
        described = document["paths"][operation.path][operation.method.lower()]
        assert str(operation.status) in described["responses"]
        assert ("requestBody" in described) is (operation.body != "none")


def test_every_reference_in_the_description_leads_somewhere(anyone: httpx.Client) -> None:
    text = anyone.get("/openapi.json").text
    schemas = anyone.get("/openapi.json").json()["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert {"CourseCreate", "Course", "Problem", "Meta"} <= names
    assert names <= schemas.keys()


@pytest.mark.parametrize(
    ("model", "field", "rule"),
    [
        ("ModuleCreate", "code", {"maxLength": 20}),
        ("CourseCreate", "status", {"enum": ["draft", "active", "archived"], "default": "draft"}),
        ("CohortCreate", "modality", {"enum": ["presential", "remote", "hybrid", None]}),
        ("StudentCreate", "date_of_birth", {"format": "date"}),
    ],
)
def test_the_schemas_carry_the_rules(anyone: httpx.Client, model: str, field: str, rule: dict[str, object]) -> None:
    schema = anyone.get("/openapi.json").json()["components"]["schemas"][model]
    assert schema["properties"][field].items() >= rule.items()
