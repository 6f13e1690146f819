"""What was seen of a case that did not end well, for whoever looks into it."""

from collections.abc import Iterator

from local.sandbox import Sandbox
from tests.faults.verdict import Ending


def evidence(sandbox: Sandbox, ending: Ending) -> str:
    """The sandbox's calls, the calls as the workers saw them, the answers and the row."""
    return "\n".join(f"    {line}" for line in _lines(sandbox, ending))


def _lines(sandbox: Sandbox, ending: Ending) -> Iterator[str]:
    yield "the sandbox's calls:"
    for call in sandbox.calls:
        done = "carried out" if call.carried_out else "not carried out"
        query = f"?{call.query}" if call.query else ""
        yield (
            f"  {call.n} {call.user_agent} {call.method} {call.path}{query} {call.body or ''}: answered {call.status}, "
            f"{done} ({call.api_status}){f', fault: {call.fault}' if call.fault else ''}"
        )
    yield "the calls as the workers saw them:"
    for each in ending.sent:
        lease = f", lease of {each.owner or 'nobody'} until {each.until:.3f}" if each.is_write else ""
        yield f"  {each.at:.3f} {each.worker}: {each.method} {each.path}: {each.answer}{lease}"
    yield f"answers to the run: {list(ending.answers)}"
    yield f"result: {ending.result}"
    yield f"row: {ending.row}"
