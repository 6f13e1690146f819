"""The finder finds what is there in any form, and nothing else: without that the canaries prove nothing."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote, quote_plus

import pytest

from tests.canary.finder import found

NAME, EMAIL, DAY, GRADE = "Zqcanáry D'Ávila/7", "zq+canary@sis.example", "1907-03-11", "7.13"
LINE = '2026-11-23 {"level": "INFO", "message": "record is retried", "reason": "%s", "grade": 7.1} 17.13 s'

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in lower case": str.lower,
    "in upper case": str.upper,
    "as JSON": lambda value: json.dumps({"name": value}),
    "as JSON with its own characters": lambda value: json.dumps({"name": value}, ensure_ascii=False),
    "as JSON in JSON": lambda value: json.dumps(json.dumps({"name": value})),
    "in an address": lambda value: "/students?where[email]=" + quote(value, safe=""),
    "in an address with slashes": lambda value: "/files/" + quote(value),
    "in a form": lambda value: "email=" + quote_plus(value),
    "in an address in an address": lambda value: quote("/?next=" + quote(value, safe=""), safe=""),
    "as bytes": lambda value: repr(f"({value})".encode()),
    "as Python writes it": lambda value: ascii([value]),
    "in hex": lambda value: f"<{value}>".encode().hex(),
    "in base64": lambda value: b64encode(value.encode()).decode(),
    "in base64, lower case": lambda value: b64encode(value.lower().encode()).decode(),
    "in base64, one byte on": lambda value: b64encode(f"x{value}yz".encode()).decode(),
    "in base64, two bytes on": lambda value: b64encode(f"xy{value}z".encode()).decode(),
    "in base64 of JSON": lambda value: b64encode(json.dumps({"name": value}).encode()).decode(),
    "in base64 for addresses": lambda value: urlsafe_b64encode(f"??{value}??".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [NAME, EMAIL, DAY])
def test_a_planted_value_is_found(value: str, form: str) -> None:
    assert found(LINE % FORMS[form](value), [NAME, EMAIL, DAY]) == [value]


@pytest.mark.parametrize("written", ["7.13", "=7.13,", "[7.13]", "7.13.", "'7.13'"])
def test_a_grade_is_found_as_a_number_by_itself(written: str) -> None:
    assert found(written, [GRADE]) == [GRADE]


@pytest.mark.parametrize("text", [LINE % "", "7.130", "17.13", "1.7.13", "7.13.2", ""])
def test_another_number_is_no_grade(text: str) -> None:
    assert found(text, [GRADE]) == []


def test_a_digest_tells_nothing() -> None:
    # Given a line that names people by their digests, When it is searched, Then nothing is found
    digests = [sha256(value.encode()).hexdigest() for value in (NAME, EMAIL, DAY)]
    assert found(LINE % " ".join(digests), [NAME, EMAIL, DAY, GRADE]) == []
