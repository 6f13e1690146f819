"""What the search begins with: the sample school, the sample events, and bodies that are hostile on purpose."""

import json
from collections.abc import Iterator
from typing import Any

from dokstamp_sync.messages import MOST_BYTES
from dokstamp_sync.order import Step
from tests.support.pipeline import EVENTS


def _body(step: Step) -> str:
    """The body of the step's sample event."""
    event = json.loads((EVENTS / f"{step.value}.json").read_text(encoding="utf-8"))
    body: str = event["Records"][0]["body"]
    return body


EXAMPLES: dict[Step, dict[str, Any]] = {step: json.loads(_body(step))["records"][0] for step in Step}
HEAD: dict[str, Any] = {"id": "fuzz/1", "occurred_at": "2026-11-20T12:00:00Z"}
NUMBERS: list[Any] = [0, -1, 10**4000, -(10**18), 0.5, 1e308, "1e400", "NaN", "sNaN", "Infinity"]
SIZES: list[Any] = [None, True, "", " ", [], {}, [[]], "x" * 256, "x" * 5000, "é" * 300, "İ" * 200 + "@x", "😀" * 801]
CHARACTERS = ["\u200b", "\u2028", "\u202eevil", "\x00", "a\nb", "\x85", "\ufffd", "\uffff"]
TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "2026-02-30", "0000-00-00"]
ADDRESSES = ["../..", "s3://school-pdfs/../x", "s3://169.254.169.254/latest", "file:///etc/passwd"]
EXTREMES: list[Any] = [*NUMBERS, *SIZES, *CHARACTERS, *TIMES, "2026-11-20T12:00:00+99:99", *ADDRESSES]
"""Values that some field of some reader may stumble over."""


def message(**sections: Any) -> str:
    return json.dumps(HEAD | sections, ensure_ascii=False)


def raw(text: str, value: str) -> str:
    """The text with ``value``, which Python would not write as JSON, in place of its ``"@"``."""
    return text.replace('"@"', value)


def hostile() -> dict[str, str]:
    """By name: what the readers of JSON, of Unicode, of numbers and of times disagree about."""
    course = EXAMPLES[Step.COURSE]
    hours = message(courses=[course | {"workload_hours": "@"}])
    return {
        "nothing": "",
        "blanks": " \t\r\n",
        "NUL": "\x00",
        "NUL after a message": message(courses=[course]) + "\x00",
        "BOM": "\ufeff" + message(courses=[course]),
        "UTF-16 taken for Latin": message(courses=[course]).encode("utf-16").decode("latin-1"),
        "lone surrogate": message(courses=[course])[:-1] + "\ud800",
        "escaped lone surrogate": raw(hours, '"\\ud800"'),
        "no characters": message(courses=[course | {"name": "\uffff"}]),
        "escaped no characters": raw(hours, '"\\ufffe"'),
        "two messages": message(courses=[course]) * 2,
        "deep list": "[" * 100_000,
        "deep object": '{"a":' * 100_000,
        "deep record": raw(hours, "[" * 190 + "]" * 190),
        "deeper record": raw(hours, "[" * 5000 + "]" * 5000),
        "huge integer": raw(hours, "1" + "0" * 5000),
        "longest integer": raw(hours, "9" * 4300),
        "huge exponent": raw(hours, "1e400"),
        "NaN": raw(hours, "NaN"),
        "Infinity": raw(hours, "-Infinity"),
        "same key twice": raw(hours, '1, "workload_hours": 2, "code": "X"'),
        "both spellings": raw(hours, '1, "workloadHours": 2'),
        "same message key twice": message(courses=[course])[:-1] + ', "id": "other"}',
        "501 records": message(courses=[course] * 501),
        "500 records of nothing": message(courses=[None] * 500),
        "larger than a message": message(courses=[course | {"description": "x" * MOST_BYTES}]),
        "id of blanks": json.dumps(HEAD | {"id": " \t ", "courses": [course]}),
        "id of a control": json.dumps(HEAD | {"id": "a\x1fb", "courses": [course]}),
        "id of bidi": json.dumps(HEAD | {"id": "\u202e1/zzuf", "courses": [course]}),
        "id too long": json.dumps(HEAD | {"id": "x" * 100_000, "courses": [course]}),
        "key as long as a message": message(**{"k" * (MOST_BYTES - len(message()) - 10): 1}),
        "many long keys": message(**{"ç" * 1200 + str(number): 1 for number in range(100)}),
        "record of a long wide key": message(courses=[course | {"😀" * 60_000: 1}]),
        "record of many keys": message(courses=[course | {f"k{number}": 1 for number in range(5_000)}]),
        "step record of many keys": step_message(Step.COURSE, course | {f"k{number}": 1 for number in range(25_000)}),
        "step message of a long key": step_message(Step.COURSE, course)[:-1] + f', "{"😀" * 60_000}": 1}}',
        "step of no name": step_message(Step.COURSE, course).replace('"course"', '"principal"'),
        "run of a person": step_message(Step.COURSE, course).replace("fuzz-1", "ana.souza@x.example"),
        "enrollment of long ids": message(
            enrollments=[{"student_id": "s" * 200, "course_id": "c" * 200, "enrolled_at": "2024-02-01"}]
        ),
        "group of long names": message(module_groups=[{"course_id": "c" * 250, "name": "n" * 250}]),
        "e-mail that grows in lower case": message(students=[EXAMPLES[Step.STUDENT] | {"email": "İ" * 200 + "@x"}]),
    }


def step_message(step: Step, *records: Any) -> str:
    body = {"run": "fuzz-1", "step": step.value, "occurred_at": HEAD["occurred_at"], "options": {}, "records": records}
    return json.dumps(body, ensure_ascii=False)


def good() -> Iterator[str]:
    """The sample school, one message of each kind, and the bodies of the sample events."""
    yield from (EVENTS / "school.jsonl").read_text(encoding="utf-8").splitlines()
    for step in Step:
        yield message(**{step.section: [EXAMPLES[step]]})
        yield _body(step)


def everything() -> list[bytes]:
    """As bytes, for engines that know nothing of JSON."""
    small = (body for body in hostile().values() if len(body) < 10_000)
    return [body.encode(errors="surrogatepass") for body in (*good(), *small)]
