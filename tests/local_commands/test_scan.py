"""`make check`: what could not be asked is not taken for what is fine."""

import json
from pathlib import Path

import pytest
import yaml

from local import expanded, scan
from local.scan import Audit
from tests.template.cloudformation import OBSERVABILITY, ROOT, TEMPLATE, of_type

FINE = {"name": "httpx", "version": "1.0", "vulns": []}
UNANSWERED = {"name": "idna", "skip_reason": "could not be audited"}
FLAWED = {"name": "anyio", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}


def report(*packages: object) -> Audit:
    return Audit.of(json.dumps({"dependencies": packages}))


@pytest.mark.parametrize(
    ("audit", "fine", "said"),
    [
        (report(FINE, FINE), True, "2 packages, no known vulnerability"),
        (report(FINE, UNANSWERED), True, "no answer for 1 of 2 packages"),
        (report(UNANSWERED, UNANSWERED), True, "NOT AUDITED"),
        (None, True, "NOT AUDITED"),
        (report(FLAWED, UNANSWERED), False, "anyio 1.0: PYSEC-1, fixed in 1.1"),
    ],
)
def test_an_audit_says_what_it_found_and_what_it_could_not_ask(
    capsys: pytest.CaptureFixture[str], audit: Audit | None, fine: bool, said: str
) -> None:
    assert scan.show("requirements.txt", audit) is fine
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("template", "kind"), [(TEMPLATE, "AWS::SQS::Queue"), (OBSERVABILITY, "AWS::CloudWatch::Alarm")]
)
def test_scanners_see_every_queue_and_alarm_and_neither_loops_nor_conditions(template: Path, kind: str) -> None:
    # Given a template as scanners see it
    seen = expanded.expanded(template)
    found = {name for name, each in seen["Resources"].items() if each["Type"] == kind}
    # Then nothing in its resources is undecided, and none is missing
    assert found == set(of_type(kind, of=template))
    assert "Fn::ForEach" not in str(seen["Resources"])
    assert "Fn::If" not in str(seen["Resources"])


def test_every_exception_for_the_scanner_has_its_reason_above_it() -> None:
    # Given the file of exceptions
    text = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    # Then a comment stands before each
    assert set(yaml.safe_load(text)) == {"skip-check"}
    for number, line in enumerate(lines):
        if line.lstrip().startswith("- "):
            assert lines[number - 1].lstrip().startswith("#"), line
