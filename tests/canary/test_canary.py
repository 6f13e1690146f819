"""The whole school, with a canary in everything that tells of a person, through the deployed template: where are they?

Canaries stand in names, e-mails, days of birth, genders, grades, tax ids, reasons of revocation, ids of messages and
records, keys and texts of PDFs, in the client's secret and in task tokens. Nothing that is read by whoever runs the
sync may hold one, in whatever form; file uuids and access tokens neither.

Personal values are where they belong by design, and are looked for there, too: in DokStamp, on the results queue (and
so in a run's output), in the outcomes table, in a run's input and the data of its history, in the messages on the
steps' queues and dead letters, and in the mapping's keys.
"""

import re

import pytest

from tests.canary.finder import found
from tests.canary.places import metric_lines
from tests.canary.planting import CLIENT_SECRET, MARK
from tests.canary.troubles import Seen

# With what must be there, so that nobody searches an empty text.
PLACES = {
    "the functions' log groups": "/aws/lambda/dokstamp-sync-certificate",
    "what the functions wrote": '"service":"certificate"',
    "the deployment's log": "DokStampTenant",
    "CloudWatch's metrics": "Metrics",
    "the runs and their histories": "TaskScheduled",
    "the queues, their attributes and tags": "dokstamp-sync-student-dead-letters",
    "the functions' configurations and tags": "DOKSTAMP_TENANT",
    "the tables, the bucket and the secret by name": "dokstamp-sync-outcomes",
    "the stack's description": "MappingTableName",
    "the functions' temporary files": "",
    "the screen": "Verify the certificates at",
    "the functions' errors": "errorMessage",
}
WENT_WRONG = [
    "record is retried",
    "record rejected",
    "message refused",
    "message is not a step message",
    "the run no longer waits for this answer",
    "answered 500",
    "Misconfigured",
    "the credentials secret is not JSON",
]


def test_the_canaries_went_the_whole_way(seen: Seen) -> None:
    # Given the school, When it was sent, Then each record came to its expected end
    assert seen.school == 0, seen.places["the screen"]
    # And whoever is meant to have the canaries has them
    assert {place for place, text in seen.allowed.items() if found(text, [MARK])} == set(seen.allowed)
    assert len(found(seen.allowed["DokStamp"], seen.canaries)) > 80


@pytest.mark.parametrize("text", WENT_WRONG)
def test_much_went_wrong(seen: Seen, text: str) -> None:
    assert text in seen.places["what the functions wrote"]
    assert text in seen.places["the functions' log groups"]


def test_every_place_is_looked_at(seen: Seen) -> None:
    assert set(PLACES) == set(seen.places)
    assert {place for place, text in PLACES.items() if text not in seen.places[place]} == set()


@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_anybody_is_in(place: str, seen: Seen) -> None:
    # Given all that stands there, When it is searched for any canary in any form, Then there is none
    text = seen.places[place]
    assert found(text, seen.canaries) == []
    assert found(text, [CLIENT_SECRET, *seen.secrets]) == []
    assert re.findall(r"eyJ[\w-]{8,}", text) == [], "an access token"


def test_metrics_have_no_dimension_but_the_service_and_the_stack(seen: Seen) -> None:
    # Given the metrics as the functions wrote them
    lines = metric_lines(seen.places["what the functions wrote"])
    # Then none is by run, record or school
    assert len(lines) > 20
    dimensions = {str(each["Dimensions"]) for line in lines for each in line["_aws"]["CloudWatchMetrics"]}
    assert dimensions == {"[['service'], ['scope']]"}
    assert {line["scope"] for line in lines} == {"stack"}


def test_the_screen_tells_what_became_of_everything(seen: Seen) -> None:
    # Given the screen, which names nobody, Then it still says what was refused, why, and what waits
    screen = seen.places["the screen"]
    for text in ("answered 422: email: <email> of <name>", "was rejected", "refused", "dry run", "1 moved"):
        assert text in screen
