"""The environment, read once, into one frozen object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from dokstamp_sync.errors import Misconfigured
from dokstamp_sync.fields import sis_id

# Where no network is crossed: the sandbox of the local stack, also from within a container.
THIS_MACHINE = ("127.0.0.1", "localhost", "host.docker.internal")


class Settings(BaseModel):
    """What the template sets. Times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dokstamp_base_url: str
    dokstamp_tenant: str
    dokstamp_auth: Literal["client_credentials", "password"] = "client_credentials"
    dokstamp_issue: Literal["finish", "status"] = "finish"
    default_institution: Annotated[str, AfterValidator(sis_id)] = ""
    credentials_secret_arn: str = ""

    mapping_table: str = ""
    outcomes_table: str = ""
    queue_url: str = ""
    inbox_queue_url: str = ""
    results_queue_url: str = ""
    state_machine_arn: str = ""
    pdf_bucket: str = ""
    pdf_maximum_bytes: int = 20 * 1024 * 1024

    record_threads: int = 8
    calls_per_second: float = 0
    maximum_receives: int = 40
    retry_base_seconds: float = 10
    retry_cap_seconds: float = 900
    deadline_seconds: float = 20
    processing_seconds: float = 60
    skew_seconds: float = 10
    lease_seconds: float = 180
    patience_seconds: float = 7200
    oldest_message_seconds: float = 10800
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

    @model_validator(mode="after")
    def _credentials_go_over_tls(self) -> Self:
        address = urlsplit(self.dokstamp_base_url)
        if address.scheme != "https" and address.hostname not in THIS_MACHINE:
            raise ValueError("DOKSTAMP_BASE_URL must begin with https://")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Settings from upper-case variables; an empty one counts as absent.

        Raises Misconfigured, naming the variables that are missing or wrong.
        """
        given = {name.lower(): value for name, value in environment.items() if value}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
            raise Misconfigured(f"environment: {wrong}") from None
