"""`make send`: what it reads, and what it says when it can't."""

import json
import sys
from pathlib import Path

import pytest

from local import send
from local.processes import Failed
from local.school import Message, read_messages

MESSAGE = {"id": "sis/1", "students": [{"name": "José"}]}


def sent(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What `make send` says instead of sending."""
    monkeypatch.setattr(sys, "argv", ["send", *arguments])
    with pytest.raises(Failed) as failure:
        send.main()
    return str(failure.value)


@pytest.mark.parametrize("arguments", [(), ("",)])
def test_without_a_file_it_asks_for_one(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert "make send FILE=path" in sent(monkeypatch, *arguments)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_named_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str
) -> None:
    # Given a file that an old export wrote
    path = tmp_path / "messages.json"
    path.write_bytes(json.dumps(MESSAGE, ensure_ascii=False).encode(encoding))
    # When it is to be sent
    said = sent(monkeypatch, str(path))
    # Then it is said what is wrong with it, and what to do
    assert str(path) in said
    assert "is not UTF-8" in said


@pytest.mark.parametrize(("name", "content"), [("nothing.json", None), ("empty.json", "\n"), ("", None)])
def test_a_file_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str | None
) -> None:
    # Given no file, an empty one, a folder
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    # When it is to be sent, Then it is named
    assert str(path) in sent(monkeypatch, str(path))


def test_a_byte_order_mark_is_not_part_of_the_first_message(tmp_path: Path) -> None:
    # Given a file of an editor that begins it with one
    path = tmp_path / "messages.jsonl"
    path.write_text(f"{json.dumps(MESSAGE)}\n{json.dumps(MESSAGE | {'id': 'sis/2'})}\n", encoding="utf-8-sig")
    # When it is read, Then every message has its id
    assert [message.id for message in read_messages(path)] == ["sis/1", "sis/2"]


@pytest.mark.parametrize("body", ["{not json", "[" * 100_000, "[]", "7", '{"id": 7, "options": []}'])
def test_what_is_no_message_is_sent_all_the_same(tmp_path: Path, body: str) -> None:
    # Given rubbish, which the intake is to refuse
    message = Message.of(body)
    # Then it is a message without an id
    assert (message.body, message.id, message.is_dry_run) == (body, None, False)
