"""Every question that the vendor's documentation leaves open, as a switch with a default.

The defaults are strict where strictness costs a correct client nothing, and otherwise what the documentation hints at.
Set them at start (`--switch name=value`, `running_sandbox(name=value)`) or at run time (`PATCH /_sandbox/switches`).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Generation = Literal["g1", "g2"]


class Authentication(BaseModel):
    """Who gets in, and with what."""

    generation: Generation = Field(default="g2", description="Generation of the documentation that the API follows.")
    auth: Literal["generation", "oauth", "login", "both"] = Field(
        default="generation", description="Ways to a token. `generation`: login in g1, oauth in g2."
    )
    token_seconds: int | None = Field(
        default=None, ge=0, description="Life of a token; null: 43200 in g2, 31536000 in g1."
    )
    new_token_ends_others: bool = Field(
        default=False, description="A new token of a tenant ends the tenant's older ones."
    )
    missing_tenant: Literal["by_endpoint", "401", "404"] = Field(
        default="by_endpoint",
        description="Answer to a missing or wrong X-Tenant. `by_endpoint`: 404 where a uuid is in the path, else 401.",
    )
    accept_header: Literal["required", "ignored"] = Field(
        default="required", description="`required`: 400 without `Accept: application/json` on a resource call."
    )
    rate_limit: int | None = Field(
        default=None, ge=1, description="Resource calls per second and tenant; beyond it 429."
    )


class Lists(BaseModel):
    """Filters, order and pages."""

    filter_match: Literal["exact", "case_insensitive", "prefix", "contains"] = Field(
        default="exact", description="How a filter compares text; all but `exact` ignore case."
    )
    filter_fields: Literal["every_field", "documented"] = Field(
        default="every_field",
        description="Filters that are known: any field, or only those that the documentation shows.",
    )
    unknown_filter: Literal["ignored", "refused"] = Field(
        default="ignored", description="`refused`: 422 on `where.<field>`."
    )
    default_order: Literal["oldest", "newest"] = Field(default="oldest", description="Order of a list without `sort`.")
    page_parameter: Literal["honoured", "ignored"] = Field(
        default="honoured", description="`ignored`: every page is page 1, whatever `page` says."
    )
    per_page_parameter: Literal["honoured", "ignored"] = Field(
        default="honoured", description="`ignored`: 15 on every page."
    )
    max_per_page: int = Field(default=100, ge=1, description="Largest `per_page`.")
    per_page_above_max: Literal["capped", "refused"] = Field(
        default="capped", description="`refused`: 422 on `per_page`."
    )


class Writes(BaseModel):
    """Creating, changing and deleting."""

    unknown_body_field: Literal["ignored", "refused"] = Field(
        default="ignored", description="`refused`: 422 on that field."
    )
    patch_null: Literal["clears", "ignored", "refused"] = Field(
        default="clears", description="A null for an optional field."
    )
    put: Literal["as_patch", "full"] = Field(
        default="as_patch", description="`full`: required fields are needed and optional ones left out are cleared."
    )
    parent_change: Literal["allowed", "ignored", "refused"] = Field(
        default="allowed", description="A PATCH or PUT that names another parent, e.g. another `institution_uuid`."
    )
    consistency: Literal["checked", "unchecked"] = Field(
        default="checked",
        description="`checked`: 422 where references disagree, e.g. an enrollment of another student.",
    )
    course_not_active: Literal["accepted", "refused"] = Field(
        default="accepted", description="An enrollment or certificate for a draft or archived course."
    )
    grade_above_ten: Literal["refused", "accepted"] = Field(
        default="refused", description="The two pages on grades disagree."
    )
    email_case: Literal["insensitive", "sensitive"] = Field(
        default="insensitive", description="`insensitive`: A@x.example blocks a@x.example."
    )
    trashed_blocks_unique: bool = Field(default=True, description="A deleted record still holds its e-mail or code.")
    cohort_code_scope: Literal["tenant", "institution", "course"] = Field(
        default="tenant", description="Where a cohort's code must be unique."
    )
    course_code_scope: Literal["none", "institution", "tenant"] = Field(
        default="none", description="Where a course's code must be unique."
    )
    enrollment_scope: Literal["none", "course", "cohort"] = Field(
        default="none", description="One enrollment per student within the course, or within course and cohort."
    )
    blocked_delete_status: Literal[403, 409, 422, 500] = Field(
        default=422, description="Answer to a delete that is blocked."
    )


class Attachments(BaseModel):
    """Modules of a course."""

    attach_refusal: Literal["all_or_nothing", "partial"] = Field(
        default="all_or_nothing",
        description="`partial`: the faultless modules of a refused call are attached all the same.",
    )
    attach_answer: Literal["list", "message", "empty"] = Field(
        default="list",
        description="Answer to attach and detach: the attached modules, a message, or 204 without a body.",
    )
    attachable_paginated: bool = Field(default=True, description="The list of attachable modules has pages.")
    attachable_inactive: bool = Field(default=True, description="The list of attachable modules has the inactive ones.")
    course_embeds_modules: bool = Field(default=False, description="`GET /courses/{uuid}` has `modules`.")


class Certificates(BaseModel):
    """Issuing, and the files it needs."""

    other_issue_flag: Literal["ignored", "honoured", "refused"] = Field(
        default="ignored",
        description="The other generation's way to issue (`finish` in g1, `status` in g2). `ignored` leaves a draft.",
    )
    issue_after_reads: int = Field(
        default=0,
        ge=0,
        description="0: the create call answers `issued`. N: it answers `draft`, and the N-th read `issued`.",
    )
    patch_issues_draft: bool = Field(default=False, description="The issue flag in a PATCH or PUT issues a draft.")
    duplicate_file_status: Literal[200, 201] = Field(
        default=201, description="Answer to an upload of known content only."
    )


class Switches(Authentication, Lists, Writes, Attachments, Certificates):
    """All switches; an unknown name is refused."""

    model_config = ConfigDict(extra="forbid")

    def changed(self, **changes: object) -> "Switches":
        """These switches with some of them set otherwise; raises pydantic's ValidationError."""
        return Switches.model_validate(self.model_dump() | changes)

    @property
    def accepts_oauth(self) -> bool:
        return self.auth in ("oauth", "both") or (self.auth == "generation" and self.generation == "g2")

    @property
    def accepts_login(self) -> bool:
        return self.auth in ("login", "both") or (self.auth == "generation" and self.generation == "g1")
