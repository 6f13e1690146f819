"""What a browser sees: an overview of the sandbox, and the public verification page of a certificate."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from local.sandbox.catalogue import RESOURCES
from local.sandbox.sandbox import Sandbox
from local.sandbox.store import Record, Store

_STYLE = """
body { font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1rem;
  color: #1c2733; background: #f6f7f9 }
main { background: #fff; border: 1px solid #dde2e8; border-radius: 8px; padding: 1.5rem 2rem }
h1 { margin-top: 0; font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #e8ecf0; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.state { border-radius: 1rem; padding: .1rem .7rem; background: #e8ecf0; white-space: nowrap }
.issued { background: #d8f0df; color: #135c2c } .revoked { background: #fbdcdc; color: #8a1717 }
.expired { background: #fdebc8; color: #6d4a00 } .note { color: #5b6773 } a { color: #1558b0 }
"""


def page_routes(sandbox: Sandbox) -> APIRouter:
    """The HTML pages of `sandbox`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def overview() -> HTMLResponse:
        with sandbox.lock:
            return HTMLResponse(_overview(sandbox))

    @router.get("/verify/{short_id}")
    async def verify(short_id: str) -> HTMLResponse:
        with sandbox.lock:
            certificate = _public(sandbox.store, short_id)
            if certificate is None:
                text = "<h1>No such certificate</h1><p>There is no issued certificate with this address.</p>"
                return HTMLResponse(_page("No such certificate", text), 404)
            return HTMLResponse(_verification(sandbox.store, certificate))

    return router


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main>{content}</main></body></html>"
    )


def _row(*cells: str, tag: str = "td", numbers: bool = False) -> str:
    mark = ' class="number"' if numbers else ""
    first, *rest = cells
    return f"<tr><{tag}>{first}</{tag}>" + "".join(f"<{tag}{mark}>{cell}</{tag}>" for cell in rest) + "</tr>"


def _overview(sandbox: Sandbox) -> str:
    store = sandbox.store
    counts = [_row("Resource", "Live", "Deleted", tag="th", numbers=True)]
    for name in (*RESOURCES, "attachments"):
        records = store.tables[name].values()
        live = sum(record.deleted_at is None for record in records)
        counts.append(_row(name.replace("_", " "), str(live), str(len(records) - live), numbers=True))
    rows = [_certificate_row(store, record) for record in store.tables["certificates"].values()]
    head = _row("Student", "Course", "State", "Verification", tag="th")
    certificates = f"<table>{head}{''.join(rows)}</table>" if rows else '<p class="note">None yet.</p>'
    return _page(
        "DokStamp sandbox",
        f"<h1>DokStamp sandbox</h1><p>Documentation generation <b>{sandbox.switches.generation}</b>, "
        f"tenant <b>{escape(sandbox.account.tenant)}</b>, {len(sandbox.calls)} API calls so far.</p>"
        '<p><a href="/docs">API documentation</a> · <a href="/_sandbox/state">State</a> · '
        '<a href="/_sandbox/calls">Calls</a> · <a href="/_sandbox/switches">Switches</a> · '
        '<a href="/_sandbox/faults">Faults</a></p>'
        f"<h2>Records</h2><table>{''.join(counts)}</table><h2>Certificates</h2>{certificates}",
    )


def _certificate_row(store: Store, record: Record) -> str:
    url = record.values["public_verification_url"]
    link = f'<a href="{escape(url)}">{escape(record.values["short_id"])}</a>' if url else "not public"
    state = "deleted" if record.deleted_at else record.values["status"]
    return _row(_student(store, record), _named(store, record, "course"), _state(state), link)


def _verification(store: Store, record: Record) -> str:
    values = record.values
    notice = ""
    if values["status"] == "revoked":
        reason = escape(values["revocation_reason"] or "No reason was given.")
        notice = f"<p><b>This certificate was revoked</b> on {_day(values['revoked_at'])}. {reason}</p>"
    elif values["status"] == "expired":
        notice = "<p><b>This certificate is no longer valid.</b></p>"
    rows = [
        _row("Student", _student(store, record)),
        _row("Course", _named(store, record, "course")),
        _row("Institution", _named(store, record, "institution")),
        _row("Issued", _day(values["issued_at"])),
        _row("Certificate", record.uuid),
    ]
    title = f"<h1>Certificate {_state(values['status'])}</h1>"
    footer = '<p class="note">Issued by a sandbox: this page proves nothing.</p>'
    return _page("Certificate", f"{title}{notice}<table>{''.join(rows)}</table>{footer}")


def _public(store: Store, short_id: str) -> Record | None:
    """The certificate with that address; a draft or a deleted one has none. [lifecycle]"""
    for record in store.tables["certificates"].values():
        if record.values["short_id"] == short_id and record.values["status"] != "draft" and not record.deleted_at:
            return record
    return None


def _student(store: Store, record: Record) -> str:
    """The name as frozen at issue, the preferred one where there is one. [students] [lifecycle]"""
    person = record.values["snapshot"] or store.tables["students"][record.values["student_uuid"]].values
    return escape(person["social_name"] or person["name"])


def _named(store: Store, record: Record, entity: str) -> str:
    return escape(store.tables[f"{entity}s"][record.values[f"{entity}_uuid"]].values["name"])


def _state(status: str) -> str:
    return f'<span class="state {status}">{status}</span>'


def _day(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC"
