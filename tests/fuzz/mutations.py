"""Bodies from other bodies: bytes changed blindly, JSON changed where it hurts. All of it follows from one seed."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from tests.fuzz.seeds import EXTREMES

WORDS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e400", b"\\ud800", b"\\u0000", b"\\uffff"]
WORDS += [b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"-0", b"0e-9999", b'"id":', b'"sisId":']
Place = tuple[Any, Any]
"""A list or an object, and an index or a key of it."""


def mutate(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Another body: mostly JSON still, for what is not JSON ends at the door."""
    change = random.choice((_structure, _structure, _structure, _bytes, _splice))
    return change(data, random, others)


def text(data: bytes) -> str:
    """As a queue would hand it out: it carries no bytes that are not UTF-8."""
    return data.decode(errors="replace")


def _bytes(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(changed))
        end = min(len(changed), start + random.choice((0, 1, 1, 4, 40)))
        changed[start:end] = random.choice((random.randbytes(1), random.choice(WORDS), bytes(changed[start:end]) * 3))
    return bytes(changed)


def _splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    other = random.choice(others)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _structure(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Changes a few values of the JSON; what is none is changed as bytes."""
    try:
        given = from_json(data, allow_inf_nan=False)
    except ValueError:
        return _bytes(data, random, others)
    for _ in range(random.randint(1, 3)):
        places = _places(given)
        if places:
            random.choice(_CHANGES)(random.choice(places), random)
    return json.dumps(given, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")


def _places(given: Any) -> list[Place]:
    found: list[Place] = []
    waiting = [given]
    while waiting:
        each = waiting.pop()
        pairs = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        for key, value in pairs:
            found.append((each, key))
            waiting.append(value)
    return found


def _replace(place: Place, random: Random) -> None:
    holder, key = place
    holder[key] = random.choice(EXTREMES)


def _drop(place: Place, random: Random) -> None:
    holder, key = place
    del holder[key]


def _rename(place: Place, random: Random) -> None:
    holder, key = place
    if isinstance(holder, dict):
        name = random.choice((to_camel(key), key.upper(), key + "s", "x" * 3000, "", "sis_id", "uuid", "task_token"))
        holder[name] = holder.pop(key)


def _repeat(place: Place, random: Random) -> None:
    holder, key = place
    if isinstance(holder, list):
        holder.extend([holder[key]] * random.choice((1, 1, 2, 3, 20, 600)))


def _wrap(place: Place, random: Random) -> None:
    holder, key = place
    for _ in range(random.choice((1, 5, 150))):
        holder[key] = [holder[key]]


def _stretch(place: Place, random: Random) -> None:
    holder, key = place
    if isinstance(holder[key], str):
        holder[key] += random.choice((" ", "\u0301", "x" * 250, "\n", "/", '"' * 260, "/../..", "@", "\ufffe"))


def _move(place: Place, random: Random) -> None:
    holder, key = place
    other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key] = holder[other]


_CHANGES: list[Callable[[Place, Random], None]] = [_replace, _replace, _drop, _rename, _repeat, _wrap, _stretch, _move]
