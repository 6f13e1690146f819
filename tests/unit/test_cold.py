"""A function's cold start: what is made before the first message, and what only when it is used."""

import gc
from typing import Any

import pytest

from dokstamp_sync.edge.clients import client, make
from dokstamp_sync.edge.cold import prepare

LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "dokstamp-sync-student"}


def test_a_function_builds_when_it_is_imported() -> None:
    # Given an environment of Lambda, whose collector is off while it imports
    built: list[str] = []
    gc.disable()
    # When a function prepares itself
    prepare(lambda: built.append("all"), LAMBDA)
    # Then everything is built, and the collector works again
    assert built == ["all"]
    assert gc.isenabled()
    gc.unfreeze()


def test_what_cannot_be_built_at_import_is_left_to_the_first_message() -> None:
    def fail() -> None:
        raise KeyError("MAPPING_TABLE")

    prepare(fail, LAMBDA)
    assert gc.isenabled()
    gc.unfreeze()


def test_nothing_is_built_where_there_is_no_lambda() -> None:
    built: list[str] = []
    prepare(lambda: built.append("all"), {})
    assert built == []


def test_a_client_is_made_when_it_is_first_used_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a client, and no region in which it could be made
    sqs: Any = client("sqs")
    with monkeypatch.context() as without:
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            without.delenv(name, raising=False)
        with pytest.raises(Exception, match="region"):
            make(sqs)
    # When it is used where there is one, Then it is made, and stays
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert sqs.meta.service_model.service_name == "sqs"
    assert sqs.meta is sqs.meta
