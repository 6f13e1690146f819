"""The nine steps, in dependency order. Source: [order] and [sync] of the vendor's documentation."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """One of the nine; a queue, a dead-letter queue, a function and a state each."""

    INSTITUTION = "institution"
    COURSE = "course"
    MODULE = "module"
    COURSE_MODULES = "course_modules"
    MODULE_GROUP = "module_group"
    COHORT = "cohort"
    STUDENT = "student"
    ENROLLMENT = "enrollment"
    CERTIFICATE = "certificate"

    @property
    def number(self) -> int:
        """Place in the order, from 1."""
        return list(Step).index(self) + 1

    @property
    def section(self) -> str:
        """The inbox message's key that holds this step's records."""
        return self.value if self is Step.COURSE_MODULES else f"{self.value}s"

    @property
    def folder(self) -> str:
        """The folder of the step's function, below functions/."""
        return f"step{self.number}_{self.value}"

    @property
    def logical_id(self) -> str:
        """The step's row in template.yaml."""
        return "".join(word.capitalize() for word in self.value.split("_"))


SECTIONS: dict[str, Step] = {step.section: step for step in Step}
