"""The calls of the step that issues certificates, and revokes them."""

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import Rival, parent_look_up, usually
from tests.faults.school import joined
from tests.faults.world import Wanted

FILES = "^/files$"
CERTIFICATES = "^/certificates$"
CERTIFICATE = "^/certificates/[^/]+$"
REVOKE = "^/certificates/[^/]+/revoke$"
_LOST_ISSUE = {"kind": "reset_after", "method": "POST", "path": CERTIFICATES}
_LOST_REVOCATION = {"kind": "reset_after", "method": "PUT", "path": REVOKE}

_OTHER_PERSON = joined(school.ENROLLED, {"students": [school.OTHER_STUDENT]})

_TAKEN: Wanted = {
    ("certificate", f"{school.OTHER_EMAIL}/CS"): {"status": "issued", "file": "ana.pdf"},
    ("notification", f"{school.OTHER_EMAIL}/CS"): {},
    ("file", "ana.pdf"): {"used": True},
}


_call = usually(Step.CERTIFICATE, record=school.CERTIFICATE, outcome=Outcome.CREATED, before=school.ENROLLED)
_revocation = usually(
    Step.CERTIFICATE, record=school.REVOCATION, outcome=Outcome.UPDATED, before=school.CERTIFIED, whose="own"
)
_RIVALS = (
    Rival("this very certificate has just been issued, with our file", Outcome.CREATED),
    Rival(
        "our file has just been used for another student's certificate",
        Outcome.REJECTED,
        {"student": school.OTHER_EMAIL},
        leaves=_TAKEN,
    ),
)

CALLS = [
    parent_look_up(Step.CERTIFICATE, Step.ENROLLMENT, school.ENROLLED, school.CERTIFICATE, school.ENROLLMENT_ID),
    _call(
        "course whose institution is wanted",
        "GET",
        "^/courses/[^/]+$",
        unmapped=(f"enrollment#{school.ENROLLMENT_ID}",),
    ),
    _call("upload", "POST", FILES),
    _call("issue", "POST", CERTIFICATES, before=_OTHER_PERSON, rivals=_RIVALS),
    _call("look-up after a lost issue", "GET", CERTIFICATES, earlier=_LOST_ISSUE),
    _call("read a draft again", "GET", CERTIFICATE, whose="own", switches={"issue_after_reads": 1}),
    _revocation("revoke", "PUT", REVOKE),
    _revocation("read after a lost revocation", "GET", CERTIFICATE, earlier=_LOST_REVOCATION),
]
