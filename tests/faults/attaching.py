"""The calls of the two steps that attach modules to a course: alone, and in a group."""

from dokstamp_sync.order import Step
from dokstamp_sync.outcomes import Outcome
from tests.faults import school
from tests.faults.calls import Rival, parent_look_up, usually
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


_list = usually(Step.COURSE_MODULES, record=school.BOTH, outcome=Outcome.CREATED, before=school.MODULES, whose="parent")
_change = usually(Step.COURSE_MODULES, outcome=Outcome.UPDATED, before=_ATTACHED, whose="parent", look_up=LIST)
_COURSE_MODULES = [
    parent_look_up(Step.COURSE_MODULES, Step.COURSE, school.MODULES, school.BOTH, "CS"),
    parent_look_up(Step.COURSE_MODULES, Step.MODULE, school.MODULES, school.BOTH, "NET"),
    _list("list of attachable modules", "GET", LIST),
    _list("attach", "POST", LIST, look_up=LIST, rivals=(_SAME, _ELSEWHERE), newer=school.TURNED),
    _list("list after a lost attach", "GET", LIST, skip=1, earlier=_LOST_ATTACH),
    _change("detach what is named no more", "DELETE", DETACH, record=school.ONE, newer=school.TURNED),
    _change("detach to turn the order", "DELETE", DETACH, record=school.TURNED, newer=school.ONE),
    _change("attach again in another order", "POST", LIST, record=school.TURNED, newer=school.ONE),
]

_RENAMED = changed(school.GROUP, order=2)
_group = usually(Step.MODULE_GROUP, record=school.GROUP, outcome=Outcome.CREATED, before=school.MODULES, whose="parent")
_update = usually(Step.MODULE_GROUP, record=_RENAMED, outcome=Outcome.UPDATED, before=_GROUPED)
_UNMAPPED = {"unmapped": ("module_group#CS/Basics",), "may_say_created": True}
_MODULE_GROUPS = [
    parent_look_up(Step.MODULE_GROUP, Step.COURSE, school.MODULES, school.GROUP, "CS"),
    parent_look_up(Step.MODULE_GROUP, Step.MODULE, school.MODULES, school.GROUP, "ALG"),
    _group("look-up of the group", "GET", GROUPS),
    _group("create the group", "POST", GROUPS, look_up=GROUPS, newer=_RENAMED),
    _group("look-up after a lost create", "GET", GROUPS, skip=1, earlier=_LOST_GROUP),
    _update("update the group", "PATCH", GROUP, whose="own", newer=school.GROUP),
    _update("correct the group found", "PATCH", GROUP, look_up=GROUPS, **_UNMAPPED),
    _group("list of attachable modules", "GET", LIST),
    _group("attach with the group", "POST", LIST, look_up=LIST, rivals=(_SAME, _ELSEWHERE)),
    _group(
        "attach with the group found", "POST", LIST, before=_EMPTY, outcome=Outcome.UPDATED, look_up=LIST, **_UNMAPPED
    ),
    _group("list after a lost attach", "GET", LIST, skip=1, earlier=_LOST_ATTACH),
    _group("detach from the course's own list", "DELETE", DETACH, before=_ALONE, look_up=LIST),
    _group("attach again with the group", "POST", LIST, before=_ALONE, look_up=LIST),
]

CALLS = _COURSE_MODULES + _MODULE_GROUPS
