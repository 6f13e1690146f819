"""The environment, read once, into one frozen object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from dokstamp_sync import backoff
from dokstamp_sync.errors import Misconfigured
from dokstamp_sync.fields import sis_id

# Where no network is crossed: the sandbox of the local stack, also from within a container.
THIS_MACHINE = ("127.0.0.1", "localhost", "host.docker.internal")


# The SAM CLI gives a container the resource's name, `PdfBucket`, unless it is told the bucket's.
BUCKET = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _bucket(name: str) -> str:
    if not BUCKET.fullmatch(name):
        raise ValueError("it is not the name of an S3 bucket")
    return name


class QueueSettings(BaseModel):
    """What has to be known to hand a message back, also where the rest is missing. Times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    queue_url: str = ""
    retry_base_seconds: float = 10
    retry_cap_seconds: float = 900
    oldest_message_seconds: float = 10800

    @classmethod
    def as_far_as_readable(cls, environment: Mapping[str, str]) -> Self:
        """From upper-case variables; one that is missing or wrong counts as absent."""
        given = _given(environment)
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = {each["loc"][0] for each in error.errors()}
            return cls.model_validate({name: value for name, value in given.items() if name not in wrong})


class Settings(QueueSettings):
    """What the template sets. Times are in seconds."""

    dokstamp_base_url: str
    dokstamp_tenant: str
    dokstamp_auth: Literal["client_credentials", "password"] = "client_credentials"
    dokstamp_issue: Literal["finish", "status"] = "finish"
    default_institution: Annotated[str, AfterValidator(sis_id)] = ""
    credentials_secret_arn: str = ""

    mapping_table: str = ""
    outcomes_table: str = ""
    inbox_queue_url: str = ""
    results_queue_url: str = ""
    state_machine_arn: str = ""
    pdf_bucket: Annotated[str, AfterValidator(_bucket)] = ""
    pdf_maximum_bytes: int = 20 * 1024 * 1024

    record_threads: int = 8
    calls_per_second: float = 0
    maximum_receives: int = 470
    deadline_seconds: float = 20
    processing_seconds: float = 60
    skew_seconds: float = 10
    lease_seconds: float = 180
    patience_seconds: float = 7200
    outcome_days: int = 90

    @property
    def in_flight_seconds(self) -> float:
        """The longest that a call sent now may still change something."""
        return self.deadline_seconds + self.processing_seconds + self.skew_seconds

    @model_validator(mode="after")
    def _lease_outlives_calls(self) -> Self:
        if self.lease_seconds <= self.in_flight_seconds:
            raise ValueError(
                f"LEASE_SECONDS ({self.lease_seconds:g}) must exceed DEADLINE_SECONDS + PROCESSING_SECONDS + "
                f"SKEW_SECONDS ({self.in_flight_seconds:g})"
            )
        return self

    @property
    def longest_wait_seconds(self) -> float:
        """The longest that a message is hidden after a try."""
        return max(self.retry_cap_seconds, self.lease_seconds, backoff.LONGEST_RETRY_AFTER)

    @model_validator(mode="after")
    def _a_message_is_tried_while_it_is_kept(self) -> Self:
        if self.longest_wait_seconds > backoff.LONGEST_HIDDEN:
            raise ValueError(
                f"RETRY_CAP_SECONDS and LEASE_SECONDS must not exceed {backoff.LONGEST_HIDDEN:.0f}: SQS hides no "
                "message for longer"
            )
        if self.maximum_receives * self.longest_wait_seconds > backoff.KEPT_SECONDS:
            raise ValueError(
                f"MAXIMUM_RECEIVES ({self.maximum_receives}) times the longest wait ({self.longest_wait_seconds:g}) "
                f"must not exceed {backoff.KEPT_SECONDS:.0f}, for SQS and the runs keep nothing longer: lower "
                "MAXIMUM_RECEIVES, RETRY_CAP_SECONDS or LEASE_SECONDS"
            )
        return self

    @model_validator(mode="after")
    def _receives_outlast_patience(self) -> Self:
        longest = backoff.longest_patience(self.maximum_receives, self.retry_base_seconds, self.retry_cap_seconds)
        if self.patience_seconds > longest:
            raise ValueError(
                f"PATIENCE_SECONDS ({self.patience_seconds:g}) cannot be used up within MAXIMUM_RECEIVES "
                f"({self.maximum_receives}), which last for {longest:g} at most: raise MAXIMUM_RECEIVES or lower "
                "PATIENCE_SECONDS"
            )
        return self

    @model_validator(mode="after")
    def _credentials_go_over_tls(self) -> Self:
        address = urlsplit(self.dokstamp_base_url)
        if address.scheme != "https" and address.hostname not in THIS_MACHINE:
            raise ValueError("DOKSTAMP_BASE_URL must begin with https://")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *needed: str) -> Self:
        """Settings from upper-case variables; an empty one counts as absent. ``needed``: those without a default.

        Raises Misconfigured, naming the variables that are missing or wrong.
        """
        given = _given(environment)
        missing = [f"{name.upper()}: Field required" for name in needed if name not in given]
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            missing += [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        if missing:
            raise Misconfigured(f"environment: {'; '.join(missing)}")
        return settings


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in environment.items() if value}
