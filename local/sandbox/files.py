"""Files: uploaded once, known by their content, used by one certificate. [files]"""

from hashlib import sha256
from pathlib import PurePath

from local.sandbox.answers import Answer, Call, Upload, shown
from local.sandbox.catalogue import FILES
from local.sandbox.errors import ApiError, invalid
from local.sandbox.store import Record, Scope, Store

# [files] knows PDF only, [badges] uploads PNG through the same call.
_TYPES = {b"%PDF-": ("application/pdf", "pdf"), b"\x89PNG\r\n\x1a\n": ("image/png", "png")}
_UPLOADED = ("uuid", "original_name", "mime_type", "size", "used_at")


def upload(call: Call) -> Answer:
    """Takes one or many `files[]`; content that is known answers with the record that it has.

    `data` is an array without repetitions, so its positions need not be those of the request. 422 on `files` without
    any, on `files.N` for one that is neither PDF nor PNG.
    """
    if not call.uploads:
        raise invalid({"files": ["The files field is required."]})
    kinds = [_kind(part) for part in call.uploads]
    wrong = {
        f"files.{n}": [f"The files.{n} must be a file of type: pdf, png."] for n, kind in enumerate(kinds) if not kind
    }
    if wrong:
        raise invalid(wrong)
    before = len(call.scope.store.tables["files"])
    records = {record.uuid: record for record in [_kept(call.scope, part) for part in call.uploads]}
    is_new = len(call.scope.store.tables["files"]) > before
    data = [{key: shown(call.scope, FILES, record)[key] for key in _UPLOADED} for record in records.values()]
    return Answer(201 if is_new else call.scope.switches.duplicate_file_status, {"data": data})


def download(store: Store, uuid: str) -> Answer:
    """The content, to anyone who knows the uuid. [auth] [files]"""
    record = store.tables["files"].get(uuid)
    if record is None or record.deleted_at:
        raise ApiError(404, absent=(FILES.model, uuid))
    headers = {"Content-Type": record.values["mime_type"]}
    return Answer(200, content=store.contents[record.values["sha256"]], headers=headers)


def _kind(part: Upload) -> tuple[str, str] | None:
    return next((kind for magic, kind in _TYPES.items() if part.content.startswith(magic)), None)


def _kept(scope: Scope, part: Upload) -> Record:
    digest = sha256(part.content).hexdigest()
    known = next((record for record in scope.all("files") if record.values["sha256"] == digest), None)
    if known:
        return known
    mime_type, extension = _kind(part) or ("", "")
    scope.store.contents[digest] = part.content
    record = scope.add(
        "files",
        {
            "original_name": PurePath(part.name).name,
            "mime_type": mime_type,
            "extension": extension,
            "size": len(part.content),
            "used_at": None,
            "sha256": digest,
        },
    )
    record.put(file=f"{scope.url}/files/{record.uuid}/download")
    return record
