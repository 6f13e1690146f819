"""What a resource of the vendor is made of."""

from dataclasses import dataclass
from typing import Literal

from local.sandbox.fields import Field

Extent = Literal["none", "tenant", "institution", "course", "cohort"]


@dataclass(frozen=True, slots=True)
class Unique:
    """A field whose value may occur once within an extent, which is fixed or the value of a switch."""

    field: str
    within: Extent | None = None
    switch: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    `answered`: keys of the answer that no request sets. `kept_by`: (resource, field) pairs that, where a record there
    refers to this one, block its deletion. `filters`: those that the documentation shows.
    `label`: the key beside `uuid` where other records embed this one.
    """

    name: str
    model: str
    path: str
    fields: tuple[Field, ...]
    answered: tuple[str, ...] = ()
    unique: tuple[Unique, ...] = ()
    kept_by: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    label: str | None = "name"
    section: str = ""

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def parent(name: str, refers_to: str, *, required: bool = True, note: str = "") -> Field:
    return Field(name, "uuid", required=required, refers_to=refers_to, note=note)


def choice(name: str, *choices: str, default: str | None = None) -> Field:
    return Field(name, "choice", choices=choices, default=default)
