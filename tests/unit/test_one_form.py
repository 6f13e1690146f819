"""Texts have one form: NFC, without what nobody sees at their ends; and an id that holds an e-mail is in lower case."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dokstamp_sync.fields import clean, sis_id
from dokstamp_sync.messages import InboxMessage, as_sent, run_of
from dokstamp_sync.order import Step
from dokstamp_sync.reading import apparent_sis_id, parse
from dokstamp_sync.settings import Settings
from tests.support.sis import EXAMPLES, Json, example

INST, C, M, CM, G, H, S, E, D = Step
COMPOSED = unicodedata.normalize("NFC", "Educação")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
INVISIBLE = {
    "BOM": "\ufeff",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "mark of direction": "\u200e",
    "no-break space": "\xa0",
    "line separator": "\u2028",
    "ideographic space": "\u3000",
    "soft hyphen": "\xad",
    "NUL": "\x00",
    "line end": "\r\n",
    "several": " \ufeff\u200b\t\xa0",
}
TEXTS = [
    *[(INST, field) for field in ("sis_id", "name", "country", "legal_name", "tax_id", "website")],
    *[(C, field) for field in ("code", "name", "description", "area", "version", "institution_id")],
    *[(M, field) for field in ("code", "name", "description")],
    *[(G, field) for field in ("course_id", "name")],
    *[(S, field) for field in ("name", "gender", "social_name")],
    *[(E, field) for field in ("student_id", "course_id", "cohort_id")],
    (D, "enrollment_id"),
]


@pytest.mark.parametrize("invisible", INVISIBLE.values(), ids=INVISIBLE)
@pytest.mark.parametrize(("step", "field"), TEXTS)
def test_a_text_has_one_form_however_it_is_written(step: Step, field: str, invisible: str) -> None:
    # Given a text with composed characters, and the same with parted ones between invisible characters
    plain = parse(step, example(step, **{field: COMPOSED}))
    # When it is read
    odd = parse(step, example(step, **{field: invisible + DECOMPOSED + invisible}))
    # Then both records are the same, under the same id
    assert odd == plain
    assert odd.fingerprint() == plain.fingerprint()
    assert getattr(odd, field) == COMPOSED


def test_an_e_mail_has_one_form_too() -> None:
    # Given an e-mail that was copied with a BOM, When it is read, Then it is as if it were typed
    student = parse(S, example(S, sis_id=None, email="\ufeffana@x.example\u200b"))
    assert student == parse(S, example(S, sis_id=None, email="ana@x.example"))


def test_what_is_invisible_within_a_text_stays_and_a_control_character_is_refused() -> None:
    # Given a joiner within a name, as some scripts need it, When it is read, Then it is kept
    name = "क\u094d\u200dष"
    assert parse(C, example(C, name=name)).model_dump()["name"] == name
    # And a control character within a name is still refused
    with pytest.raises(ValidationError):
        parse(C, example(C, name="nu\x00l"))


@pytest.mark.parametrize("nothing", ["", " ", *INVISIBLE.values()], ids=repr)
@pytest.mark.parametrize(("step", "field"), [(C, "description"), (C, "area"), (C, "sis_id"), (S, "social_name")])
def test_a_text_of_nothing_visible_is_an_absent_one(step: Step, field: str, nothing: str) -> None:
    assert parse(step, example(step, **{field: nothing})) == parse(step, example(step, **{field: None}))


@pytest.mark.parametrize("nothing", ["", " ", *INVISIBLE.values()], ids=repr)
def test_a_required_text_of_nothing_visible_is_missing(nothing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        parse(C, example(C, name=nothing))


def test_the_address_of_a_pdf_is_left_as_it_is() -> None:
    # Given a key with parted characters, which names another object than the composed one
    address = f"s3://school-pdfs/{DECOMPOSED}\ufeff"
    # When it is read, Then it still names that object
    assert parse(D, example(D, pdf=address)).model_dump()["pdf"] == address


@pytest.mark.parametrize("id_", [f" {COMPOSED}", f"\ufeff{DECOMPOSED}\u200b"], ids=["composed", "parted"])
def test_a_message_s_id_has_one_form_and_so_has_its_run(id_: str) -> None:
    # Given an id written in another way, When the message is read, Then it is the same run
    message = InboxMessage.model_validate({"id": id_, "occurred_at": "2026-11-20T12:00:00Z", "courses": [{}]})
    assert (message.id, message.run) == (COMPOSED, run_of(COMPOSED))
    assert run_of(id_) == run_of(COMPOSED)


@given(st.text(max_size=40))
def test_the_one_form_is_final(text: str) -> None:
    # Given any text, When it has its form, Then that is the form of the form, too
    assert clean(clean(text)) == clean(text)
    assert sis_id(sis_id(text)) == sis_id(text)
    assert unicodedata.is_normalized("NFC", clean(text))


@pytest.mark.parametrize(
    ("said", "id_"),
    [
        ("Ana@X.example", "ana@x.example"),
        ("Ana@x.example/CS", "ana@x.example/CS"),
        ("CS/Ana@x/T-1", "CS/ana@x/T-1"),
        ("S1/CS", "S1/CS"),
        (" ANA@X\ufeff", "ana@x"),
        ("İ@x", "i\u0307@x"),
    ],
)
def test_an_id_is_in_lower_case_where_it_holds_an_e_mail(said: str, id_: str) -> None:
    # Given an id, When it is said of a record or names one, Then it has the same form
    assert sis_id(said) == id_
    assert parse(E, example(E, sis_id=said)).sis_id == id_
    assert parse(D, example(D, enrollment_id=said)).sis_id == id_
    assert apparent_sis_id(E, {"sis_id": said}) == id_


@pytest.mark.parametrize(
    ("step", "record", "id_"),
    [
        (S, {"sis_id": None, "email": "Ana@X.example"}, "ana@x.example"),
        (S, {"sis_id": "Ana@X.example"}, "ana@x.example"),
        (C, {"code": "Web@Home"}, "web@home"),
        (G, {"course_id": "CS", "name": "Ana@Home"}, "CS/ana@home"),
        (E, {"sis_id": None, "student_id": "Ana@X.example"}, "ana@x.example/CS"),
        (D, {"enrollment_id": None, "student_id": "Ana@X.example", "course_id": "CS"}, "ana@x.example/CS"),
    ],
)
def test_a_record_is_called_alike_whether_it_is_in_good_form_or_not(step: Step, record: Json, id_: str) -> None:
    # Given a record that is called by an e-mail, When it is read in good form and in bad form
    good = parse(step, example(step, **record))
    bad: dict[str, Any] = {**example(step, **record), "unknown": 1}
    # Then it is called the same, also by its step, which gets it from the intake
    assert good.sis_id == apparent_sis_id(step, bad) == id_
    assert parse(step, as_sent(good)) == good


def test_a_malformed_record_of_parted_characters_is_called_by_the_composed_ones() -> None:
    assert apparent_sis_id(G, {"course_id": f"{DECOMPOSED}\ufeff", "name": f"\u200b{DECOMPOSED}"}) == (
        f"{COMPOSED}/{COMPOSED}"
    )


def test_the_stack_s_default_institution_has_the_same_form() -> None:
    # Given a stack whose default institution was typed with parted characters
    given_ = {"DOKSTAMP_BASE_URL": "https://x.example", "DOKSTAMP_TENANT": "t"}
    settings = Settings.from_environment({**given_, "DEFAULT_INSTITUTION": f"{DECOMPOSED} "})
    # When a course names none, Then it belongs to the institution of that name
    course = parse(C, example(C, institution_id=None), settings.default_institution)
    assert course.model_dump()["institution_id"] == COMPOSED


@pytest.mark.parametrize("step", list(Step))
def test_the_examples_are_in_that_form_already(step: Step) -> None:
    record = parse(step, EXAMPLES[step])
    assert record.sis_id == sis_id(record.sis_id)
