"""Bugs in the way of a certificate: whose it is, and what may follow it."""

from __future__ import annotations

from tests.planted.bug import Bug, in_layer, in_step

_STEP = "step9_certificate"
_FILE_NOT_HELD = in_step(
    _STEP,
    "            work.shared.freeze_and_hold(",
    "            (lambda intent, is_there: work.claimed.freeze(intent))(",
)
_NOT_OWNED = in_step(
    _STEP,
    '        with rejected_if_used():\n            work.shared.own(found["uuid"])\n',
    "",
)
_ANYBODYS = in_layer(
    "dokstamp/lookups.py",
    '        return has_it and (uuid_of(each, "student"), uuid_of(each, "course")) == (student_uuid, course_uuid)\n',
    "        return has_it\n",
)

CERTIFYING = (
    Bug(
        "shared-certificate",
        "a certificate that is found by its PDF is taken without asking whose it is",
        (_FILE_NOT_HELD, _NOT_OWNED),
    ),
    Bug(
        "anybodys-certificate",
        "a certificate that is found by its PDF is taken, whatever student and course it names",
        (_FILE_NOT_HELD, _NOT_OWNED, _ANYBODYS),
    ),
    Bug(
        "refused-reissue",
        "a certificate that comes before the revocation of the last one is rejected, instead of waiting for it",
        (
            in_step(
                _STEP,
                'raise NotReady(f"the certificate exists and cannot be changed; {REVOKE}", finally_=Outcome.REJECTED)',
                'raise Rejected(f"the certificate exists and cannot be changed; {REVOKE}")',
            ),
        ),
    ),
    Bug(
        "kept-certificate",
        "the certificate of an enrollment that is another student's by now stays unchanged",
        (
            in_step(
                _STEP,
                "if is_anothers(work, work.facts):",
                "if False:",
            ),
        ),
    ),
    Bug(
        "certificate-told-again",
        "a record that says the same is unchanged, though what it belongs to is another entity by now",
        (
            in_layer(
                "mapping/decision.py",
                "    return any(applied.parents.get(id_, now) != now for id_, now in said.parents.items())\n",
                "    return False\n",
            ),
        ),
    ),
    Bug(
        "expired-for-good",
        "an expired certificate cannot be renewed",
        (in_step(_STEP, 'ENDED = ("revoked", "expired")\n', 'ENDED = ("revoked",)\n'),),
    ),
    Bug(
        "certified-dropout",
        "a certificate is issued though its enrollment was dropped",
        (in_layer("steps/certificates.py", 'if facts.get("completion_status") == "dropped":', "if False:"),),
    ),
    Bug(
        "revocation-of-nothing",
        "a revocation that comes before its certificate is rejected, instead of waiting for it",
        (
            in_step(
                _STEP,
                "raise NotReady(\n"
                '                "no certificate is known under this sis_id, so there is none to revoke", '
                "awaits=work.claimed.row.id\n            )",
                'raise Rejected("no certificate is known under this sis_id, so there is none to revoke")',
            ),
        ),
    ),
)
