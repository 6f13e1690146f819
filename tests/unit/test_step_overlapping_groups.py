"""Step 5 where groups claim the same module: whoever claimed it at the latest moment has it, whichever came first."""

from itertools import permutations

import pytest

from dokstamp_sync.order import Step
from local.sandbox import Sandbox
from tests.support.attaching import course, group, groups_of
from tests.support.sis import Json, Sis

pytestmark = pytest.mark.usefixtures("catalogue")
ORDERS = list(permutations(range(3)))


def told(sis: Sis, order: tuple[int, ...], *records: Json) -> None:
    """The SIS says the groups one after another; the messages arrive in another order."""
    messages = [sis.message({Step.MODULE_GROUP: [record]}) for record in records]
    for place in order:
        sis.pipeline.send(messages[place])


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_of_three_groups_the_newest_has_the_module(order: tuple[int, ...], sis: Sis, sandbox: Sandbox) -> None:
    # Given three groups that claim one module, each at another moment
    # When their messages overtake each other
    told(sis, order, group("A", "M1", "M2"), group("B", "M1", "M3"), group("C", "M1"))
    # Then the newest has it, and the others have what nobody else claims
    assert groups_of(sandbox) == {"M1": "C", "M2": "A", "M3": "B"}


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_group_that_changes_otherwise_claims_its_modules_anew(
    order: tuple[int, ...], sis: Sis, sandbox: Sandbox
) -> None:
    # Given a group, another one that claims its module later, and then the first one in another place
    # When their messages overtake each other
    told(sis, order, group("A", "M1"), group("B", "M1"), group("A", "M1", order=7))
    # Then the first one has the module
    assert groups_of(sandbox) == {"M1": "A"}


@pytest.mark.parametrize("order", list(permutations(range(2))), ids=str)
def test_of_two_lists_of_a_course_the_newest_says_the_place(order: tuple[int, ...], sis: Sis, sandbox: Sandbox) -> None:
    # Given two lists of one course under ids of their own, which name the same module
    lists = [course({"module_id": "M1", "workload": hours}) | {"sis_id": f"L{hours}"} for hours in (1, 2)]
    messages = [sis.message({Step.COURSE_MODULES: [each]}) for each in lists]
    # When their messages overtake each other
    for place in order:
        sis.pipeline.send(messages[place])
    # Then the module is where the newest says
    (attachments,) = sandbox.state["attachments"].values()
    assert [each["workload"] for each in attachments] == [2]
