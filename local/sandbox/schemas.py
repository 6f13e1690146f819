"""JSON schemas of requests and answers, made from the tables that the API runs on."""

from typing import Any

from local.sandbox.attachments import ATTACHMENT
from local.sandbox.catalogue import RESOURCES
from local.sandbox.fields import Field
from local.sandbox.shapes import Resource

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
_MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_TOKEN: dict[str, Schema] = {
    "token_type": {"type": "string", "const": "Bearer"},
    "expires_in": {"type": "integer", "description": "Seconds."},
    "access_token": TEXT,
}
_TYPES: dict[str, Schema] = {
    "string": TEXT,
    "email": {"type": "string", "format": "email"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": MOMENT,
    "choice": TEXT,
    "uuid": UUID,
    "object": {"type": "object"},
}
_ANSWERED: dict[str, Schema] = {
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "status": {"type": "string", "enum": ["draft", "issued", "revoked", "expired"]},
    "issued_at": _MAYBE_MOMENT,
    "revoked_at": _MAYBE_MOMENT,
    "used_at": _MAYBE_MOMENT | {"description": "Null: free for a certificate."},
    "mime_type": TEXT,
    "extension": TEXT,
    "size": {"type": "integer", "description": "Bytes."},
    "file": {"type": "string", "description": "Address of the content."},
    "files": {"type": "array", "items": {"type": "object", "properties": {"type": TEXT, "uuid": UUID}}},
}


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def array(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def data(of: Schema, **beside: Schema) -> Schema:
    """The envelope: `{"data": ...}`, with `meta` in a list. [intro]"""
    return {"type": "object", "required": ["data", *beside], "properties": {"data": of, **beside}}


def components() -> dict[str, Schema]:
    """All named schemas: per resource the answer, and the bodies that create and change it."""
    schemas: dict[str, Schema] = {}
    for resource in RESOURCES.values():
        schemas[resource.model] = _answer(resource)
        schemas[f"{resource.model}Create"] = body_of(resource.fields, requires=True)
        schemas[f"{resource.model}Change"] = body_of(resource.fields, requires=False)
    return schemas | {
        "Token": _properties(**_TOKEN),
        "TokenPair": _properties(**_TOKEN, refresh_token=TEXT),
        "Caller": _properties(uuid=UUID, name=TEXT, email=TEXT, tenant=_properties(uuid=UUID, name=TEXT, domain=TEXT)),
        "Attachment": body_of(ATTACHMENT, requires=True),
        "Meta": _properties(current_page={"type": "integer"}, per_page={"type": "integer"}, total={"type": "integer"}),
        "Revocation": _properties(
            uuid=UUID,
            status={"type": "string", "const": "revoked"},
            revoked_at=MOMENT,
            revocation_reason=_MAYBE_TEXT,
            public_verification_url=TEXT,
        ),
        "UploadedFile": _properties(
            uuid=UUID, original_name=TEXT, mime_type=TEXT, size=_ANSWERED["size"], used_at=_ANSWERED["used_at"]
        ),
        "Problem": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "success": {"type": "boolean", "const": False, "description": "g2 only."},
                "message": TEXT,
                "errors": {
                    "type": "object",
                    "description": "With 422 only: what is wrong, by field.",
                    "additionalProperties": array(TEXT),
                },
            },
        },
    }


def body_of(fields: tuple[Field, ...], *, requires: bool) -> Schema:
    """A request body; `requires` where the required fields have to be sent."""
    required = [field.name for field in fields if field.required]
    schema: Schema = {"type": "object", "properties": {field.name: _requested(field) for field in fields}}
    return schema | ({"required": required} if requires and required else {})


def _properties(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def _requested(field: Field) -> Schema:
    schema = dict(_TYPES[field.kind])
    if field.choices:
        schema["enum"] = list(field.choices)
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.default is not None:
        schema["default"] = field.default
    notes = [field.note, f"Required when {field.needed_with} is true." if field.needed_with else ""]
    if any(notes):
        schema["description"] = " ".join(filter(None, notes))
    if not field.required and field.default is None:
        schema["type"] = [schema["type"], "null"]
        if field.choices:
            schema["enum"].append(None)
    return schema


def _answer(resource: Resource) -> Schema:
    properties: dict[str, Schema] = {"uuid": UUID}
    for field in resource.fields:
        if field.embedded_as:
            properties[field.embedded_as] = _embedded(field.refers_to or "", field.required)
        elif not field.write_only:
            kind = {"format": "date-time"} if field.answered_as_datetime else {}
            properties[field.name] = _requested(field) | kind
    properties |= {name: _ANSWERED.get(name, _MAYBE_TEXT) for name in resource.answered}
    if resource.name == "module_groups":
        properties["course"] = _embedded("courses", is_required=True)
    return {"type": "object", "properties": properties}


def _embedded(table: str, is_required: bool) -> Schema:
    label = RESOURCES[table].label
    return {
        "type": "object" if is_required else ["object", "null"],
        "properties": {"uuid": UUID} | ({label: TEXT} if label else {}),
    }
