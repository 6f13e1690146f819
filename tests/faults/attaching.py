"""The calls of the two steps that attach modules to a course: alone, and in a group."""

from __future__ import annotations

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import Call, Rival, parent_look_up
from tests.faults.school import Sections, changed, joined

LIST = "^/courses/[^/]+/attach/modules$"
DETACH = "^/courses/[^/]+/detach/modules$"
GROUPS = "^/courses/[^/]+/modules/groups$"
GROUP = "^/courses/[^/]+/modules/groups/[^/]+$"
_LOST_ATTACH = {"kind": "reset_after", "method": "POST", "path": LIST}
_LOST_GROUP = {"kind": "reset_after", "method": "POST", "path": GROUPS}

_ATTACHED: Sections = joined(school.MODULES, {"course_modules": [school.BOTH]})
_ALONE: Sections = joined(school.MODULES, {"course_modules": [school.ONE]})
_GROUPED: Sections = joined(school.MODULES, {"module_groups": [school.GROUP]})
_EMPTY: Sections = joined(school.MODULES, {"module_groups": [changed(school.GROUP, modules=[])]})
_SAME = Rival("somebody else has just attached the module", Outcome.CREATED)
_ELSEWHERE = Rival("somebody else has just attached the module in another place", Outcome.CREATED, {"order": 9})


def _course(name: str, method: str, path: str, **values: object) -> Call:
    given: dict[str, object] = {"record": school.BOTH, "outcome": Outcome.CREATED, "before": school.MODULES}
    return Call(Step.COURSE_MODULES, name, method, path, **(given | values))  # type: ignore[arg-type]


def _group(name: str, method: str, path: str, **values: object) -> Call:
    given: dict[str, object] = {"record": school.GROUP, "outcome": Outcome.CREATED, "before": school.MODULES}
    return Call(Step.MODULE_GROUP, name, method, path, **(given | values))  # type: ignore[arg-type]


_COURSE_MODULES = [
    parent_look_up(Step.COURSE_MODULES, Step.COURSE, "^/courses$", school.MODULES, school.BOTH, "CS"),
    parent_look_up(Step.COURSE_MODULES, Step.MODULE, "^/modules$", school.MODULES, school.BOTH, "NET"),
    _course("list of attachable modules", "GET", LIST, whose="parent"),
    _course("attach", "POST", LIST, whose="parent", look_up=LIST, rivals=(_SAME, _ELSEWHERE), newer=school.TURNED),
    _course("list after a lost attach", "GET", LIST, whose="parent", skip=1, earlier=_LOST_ATTACH),
    _course(
        "detach what is named no more",
        "DELETE",
        DETACH,
        before=_ATTACHED,
        record=school.ONE,
        outcome=Outcome.UPDATED,
        whose="parent",
        look_up=LIST,
        newer=school.TURNED,
    ),
    _course(
        "detach to turn the order",
        "DELETE",
        DETACH,
        before=_ATTACHED,
        record=school.TURNED,
        outcome=Outcome.UPDATED,
        whose="parent",
        look_up=LIST,
        newer=school.ONE,
    ),
    _course(
        "attach again in another order",
        "POST",
        LIST,
        before=_ATTACHED,
        record=school.TURNED,
        outcome=Outcome.UPDATED,
        whose="parent",
        look_up=LIST,
        newer=school.ONE,
    ),
]

_RENAMED = changed(school.GROUP, order=2)
_MODULE_GROUPS = [
    parent_look_up(Step.MODULE_GROUP, Step.COURSE, "^/courses$", school.MODULES, school.GROUP, "CS"),
    parent_look_up(Step.MODULE_GROUP, Step.MODULE, "^/modules$", school.MODULES, school.GROUP, "ALG"),
    _group("look-up of the group", "GET", GROUPS, whose="parent"),
    _group("create the group", "POST", GROUPS, whose="parent", look_up=GROUPS, newer=_RENAMED),
    _group("look-up after a lost create", "GET", GROUPS, whose="parent", skip=1, earlier=_LOST_GROUP),
    _group(
        "update the group",
        "PATCH",
        GROUP,
        before=_GROUPED,
        record=_RENAMED,
        outcome=Outcome.UPDATED,
        whose="own",
        newer=school.GROUP,
    ),
    _group(
        "correct the group found",
        "PATCH",
        GROUP,
        before=_GROUPED,
        record=_RENAMED,
        outcome=Outcome.UPDATED,
        unmapped=("module_group#CS/Basics",),
        look_up=GROUPS,
        may_say_created=True,
    ),
    _group("list of attachable modules", "GET", LIST, whose="parent"),
    _group("attach with the group", "POST", LIST, whose="parent", look_up=LIST, rivals=(_SAME, _ELSEWHERE)),
    _group(
        "attach with the group found",
        "POST",
        LIST,
        before=_EMPTY,
        outcome=Outcome.UPDATED,
        unmapped=("module_group#CS/Basics",),
        whose="parent",
        look_up=LIST,
        may_say_created=True,
    ),
    _group("list after a lost attach", "GET", LIST, whose="parent", skip=1, earlier=_LOST_ATTACH),
    _group("detach from the course's own list", "DELETE", DETACH, before=_ALONE, whose="parent", look_up=LIST),
    _group("attach again with the group", "POST", LIST, before=_ALONE, whose="parent", look_up=LIST),
]

CALLS = _COURSE_MODULES + _MODULE_GROUPS
