"""Finds values in texts, in whatever form they got there: as they are, escaped, quoted, encoded."""

import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import quote, quote_plus

# Any shorter piece of base64 or hex is found in every log.
FEWEST_BYTES = 6
URL_SAFE = str.maketrans("+/", "-_")


def found(text: str, values: Iterable[str]) -> list[str]:
    """The values that are in the text in any form."""
    lowered = text.lower()
    return [value for value in dict.fromkeys(values) if _is_in(value, text, lowered)]


def _is_in(value: str, text: str, lowered: str) -> bool:
    if re.fullmatch(r"[\d.]+", value):
        # A grade is a number among many: only as a number by itself.
        return re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]*\d)", text) is not None
    return any(form in lowered for form in written(value)) or any(form in text for form in encoded(value))


@cache
def written(value: str) -> set[str]:
    """The forms whose case makes no difference, in lower case."""
    return {form.lower() for each in _spellings(value) for form in (each, each.encode().hex())}


@cache
def encoded(value: str) -> set[str]:
    """In base64, wherever in the encoded text the value begins."""
    cased = {form for each in _spellings(value) for form in (each, each.lower(), each.upper())}
    pieces = {piece for each in cased for piece in _base64(each.encode())}
    return pieces | {piece.translate(URL_SAFE) for piece in pieces}


def _spellings(value: str) -> set[str]:
    composed = {unicodedata.normalize(form, value) for form in ("NFC", "NFD")}
    found = set(composed)
    for each in composed:
        once = json.dumps(each)[1:-1]
        as_bytes = repr(each.encode())[2:-1]
        found |= {once, json.dumps(once)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1], as_bytes, ascii(each)[1:-1]}
        found |= {quote(each), quote(each, safe=""), quote_plus(each), quote(quote(each, safe=""), safe="")}
    return found


def _base64(value: bytes) -> Iterator[str]:
    """What of the encoded text depends on the value alone, for each of the three places where it may begin."""
    if len(value) < FEWEST_BYTES:
        return
    for before in range(3):
        whole = b64encode(b"\0" * before + value).decode()
        yield whole[-(-8 * before // 6) : 8 * (before + len(value)) // 6]
