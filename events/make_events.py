"""Makes one Lambda event per function out of the sample school, exactly as AWS hands it over.

    python events/make_events.py

Writes `events/intake.json`, one file per step and `events/results.json`. Run it after every change of `school.jsonl`:
bodies, digests and sizes then fit again. It needs no package.

The step events are one small story (the nursing course, two students, their certificates). Each can be tried by
itself, and in the order of the steps each finds what it refers to.
"""

import base64
import hashlib
import json
import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REGION, ACCOUNT, NAME = "us-east-1", "123456789012", "dokstamp-sync"
RUN = hashlib.sha256(b"2026-11-20/story/0001").hexdigest()[:40]
OCCURRED_AT = "2026-11-20T12:00:00Z"

Record = dict[str, Any]

SECTIONS = {
    "institution": "institutions",
    "course": "courses",
    "module": "modules",
    "course_modules": "course_modules",
    "module_group": "module_groups",
    "cohort": "cohorts",
    "student": "students",
    "enrollment": "enrollments",
    "certificate": "certificates",
}

NAMED_BY = {
    "institution": ["name"],
    "course": ["code"],
    "module": ["code"],
    "course_modules": ["course_id"],
    "module_group": ["course_id", "name"],
    "cohort": ["code"],
    "student": ["email"],
    "enrollment": ["student_id", "course_id", "cohort_id"],
    "certificate": ["student_id", "course_id", "cohort_id"],
}

STORY = {
    "institution": ["UFP"],
    "course": ["SIS-310"],
    "module": ["ENF01", "ENF02", "ENF03", "ENF04", "LIV01"],
    "course_modules": ["SIS-310"],
    "module_group": ["SIS-310/1º módulo", "SIS-310/2º módulo"],
    "cohort": ["ENF-2025-1"],
    "student": ["2025300310", "2025300311"],
    "enrollment": ["MAT-2025-0310", "2025300311/SIS-310"],
    "certificate": ["MAT-2025-0310", "2025300311/SIS-310"],
}


def snake_case(value: Any) -> Any:
    """The same value with every key, at any depth, in snake_case."""
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), key): snake_case(item) for key, item in value.items()}
    return [snake_case(item) for item in value] if isinstance(value, list) else value


def default_sis_id(step: str, record: Record) -> str:
    if "enrollment_id" in record:
        return str(record["enrollment_id"])
    sis_id = "/".join(record[key] for key in NAMED_BY[step] if key in record)
    return sis_id.lower() if step == "student" else sis_id


def with_defaults(step: str, record: Record) -> Record:
    defaults: Record = {}
    if step == "course":
        defaults = {"is_active": True}
    if step == "enrollment":
        defaults = {"completion_status": "completed"}
    if step == "certificate" and not record.get("revoke"):
        defaults = {"issued_at": OCCURRED_AT}
    full = {"sis_id": default_sis_id(step, record), **record, **{k: v for k, v in defaults.items() if k not in record}}
    if "modules" in record:
        full["modules"] = [
            {"module_id": module["module_id"], "order": position, "is_required": True, **module}
            for position, module in enumerate(record["modules"], start=1)
        ]
    return full


def step_message(step: str, school: list[Record]) -> Record:
    """The story's records of one step, as the school first told them."""
    told: dict[str, Record] = {}
    for message in school:
        for record in message.get(SECTIONS[step], []):
            full = with_defaults(step, record)
            told.setdefault(full["sis_id"], full)
    records = [told[sis_id] for sis_id in STORY[step]]
    return {"run": RUN, "step": step, "occurred_at": OCCURRED_AT, "options": {}, "records": records}


def milliseconds(occurred_at: str, later: int) -> str:
    moment = datetime.fromisoformat(occurred_at) + timedelta(milliseconds=later)
    return str(int(moment.timestamp() * 1000))


def sqs_event(queue: str, body: str, occurred_at: str) -> Record:
    """What Lambda gets from an SQS event source for one message on its first receive."""
    content = body.encode()
    record = {
        "messageId": str(uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4)),
        "receiptHandle": "AQEB" + base64.b64encode(hashlib.sha512(content).digest() * 2).decode(),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": milliseconds(occurred_at, 1_250),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": milliseconds(occurred_at, 1_262),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }
    return {"Records": [record]}


def aborted_execution() -> Record:
    """What EventBridge sends when somebody stops a run by hand."""
    execution = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{NAME}:{RUN}"
    detail = {
        "executionArn": execution,
        "stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}",
        "name": RUN,
        "status": "ABORTED",
        "startDate": int(milliseconds(OCCURRED_AT, 1_480)),
        "stopDate": int(milliseconds(OCCURRED_AT, 420_313)),
        "input": json.dumps({"run": RUN, "occurred_at": OCCURRED_AT, "options": {}}),
        "output": None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE",
        "redriveStatusReason": None,
        "inputDetails": {"included": True},
        "outputDetails": None,
        "error": None,
        "cause": None,
    }
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": "2026-11-20T12:07:00Z",
        "region": REGION,
        "resources": [execution],
        "detail": detail,
    }


def build() -> dict[str, Record]:
    """Every event, by the name of its file."""
    lines = (HERE / "school.jsonl").read_text(encoding="utf-8").splitlines()
    school = [snake_case(json.loads(line)) for line in lines]
    events = {"intake.json": sqs_event(f"{NAME}-inbox", lines[0], school[0]["occurred_at"])}
    for step in SECTIONS:
        message = step_message(step, school)
        queue = f"{NAME}-{step.replace('_', '-')}"
        events[f"{step}.json"] = sqs_event(queue, json.dumps(message, ensure_ascii=False), message["occurred_at"])
    return {**events, "results.json": aborted_execution()}


def main() -> None:
    for name, event in build().items():
        (HERE / name).write_text(json.dumps(event, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
