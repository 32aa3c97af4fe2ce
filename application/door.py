"""The door: what a text of JSON may be that comes from outside, whoever brings it and by which way.

Everything behind it (PostgreSQL, Redis, Kafka, other readers of the topics) takes what passes.
msgspec looks neither at bytes nor at numbers of what a type leaves open, and stops at 1,000 levels
only, so this does. The looks are at all of a text at once, at the speed of C.
"""

import re
from collections.abc import Sequence

EVENT_LIMIT_BYTES = 64 * 1024
"""Of one event; Kafka takes a record of 1 MB, and a letter about one has to fit as well."""

PIECES_LIMIT = 10_000
"""Of a batch; so many of the shortest events there are fill 1 MiB."""

DEPTH_LIMIT = 32
"""Levels of arrays and objects within one another."""

DIGITS_LIMIT = 40
"""Of a number; 2**63 has 19, and Python reads no whole number of more than 4,300."""

EXPONENT_LIMIT_DIGITS = 2
"""Of a number's exponent: `jsonb` writes 1e4300 out, with 4,300 zeros."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
"""One that does not end goes on to the end of the text: to begin again at each of the quotes in it
would take hours."""
_STRINGS = re.compile(_STRING, re.DOTALL)
_SHAPE = bytes.maketrans(b"0123456789.E+", b"0" * 11 + b"e-")
"""Every digit a nought: what a number has too much of is then found as a text."""

_TOO_MUCH = (
    b"0" * (DIGITS_LIMIT + 1),
    b"0e" + b"0" * (EXPONENT_LIMIT_DIGITS + 1),
    b"0e-" + b"0" * (EXPONENT_LIMIT_DIGITS + 1),
)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(each for each in range(256) if each not in b"[]{}")
_MARKS = re.compile(rb'(?:[^"\[\]{},]++|%b)*+([\[\]{},]|\Z)' % _STRING, re.DOTALL)
"""A bracket or comma beside strings, or the end of the text."""
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1, b",": 0}
"""How many levels deeper it goes on behind a mark."""


def flaw(text: bytes) -> str | None:
    """Why a text cannot be taken, as a sentence without its end, or None.

    Whether it is JSON is not looked at.
    """
    if len(text) > EVENT_LIMIT_BYTES:
        return f"It has {len(text):,} bytes, and {EVENT_LIMIT_BYTES:,} is the most"
    if not text.isascii() and (place := _not_utf8(text)) is not None:
        return f"Byte {place} is not UTF-8"
    if b"\\u0000" in text and _NUL.search(text):
        return "Text with a NUL (\\u0000) cannot be kept"
    if _has_too_long_numbers(text) or text.count(b"[") + text.count(b"{") > DEPTH_LIMIT:
        return _flaw_beside_strings(_STRINGS.sub(b"", text))
    return None


def are_sound(texts: Sequence[bytes]) -> bool:
    """Whether `flaw` finds nothing in any of these: a look at all at once, at the speed of C.

    False where it has to be asked of each.
    """
    text = b",".join(texts)
    return (
        max(map(len, texts), default=0) <= EVENT_LIMIT_BYTES
        and text.isascii()
        and b"\\u0000" not in text
        and not _has_too_long_numbers(text)
        and all(each.count(b"[") + each.count(b"{") <= DEPTH_LIMIT for each in texts)
    )


def _not_utf8(text: bytes) -> int | None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _has_too_long_numbers(text: bytes) -> bool:
    shape = text.translate(_SHAPE)
    return _TOO_MUCH[0] in shape or _TOO_MUCH[1] in shape or _TOO_MUCH[2] in shape


def _flaw_beside_strings(text: bytes) -> str | None:
    if _has_too_long_numbers(text):
        return (
            f"A number has at most {DIGITS_LIMIT} digits, "
            f"and an exponent of at most {EXPONENT_LIMIT_DIGITS}"
        )
    brackets = text.translate(_BRACKETS, _ALL_BUT_BRACKETS)
    for _ in range(DEPTH_LIMIT):
        brackets = brackets.replace(b"[]", b"")
    return f"It is nested deeper than {DEPTH_LIMIT} levels" if brackets else None


def items_of(array: bytes) -> list[bytes] | None:
    """The texts of an array's items, also where some are no JSON; None where it is no array.

    For arrays that cannot be read in one go, because of one item that nothing else may suffer from.
    Gives up at the first item that is one too many for a batch. Up to a third of a second for 1 MiB
    (measured), so not for an event loop.
    """
    text = array.strip()
    items: list[bytes] = []
    depth, start = 0, 1
    for mark in _MARKS.finditer(text) if text[:1] == b"[" else ():
        depth += _STEPS.get(mark[1], 0)
        if depth == 0 or (depth == 1 and mark[1] == b","):
            items.append(text[start : mark.start(1)].strip())
            start = mark.end()
            if depth == 0 or len(items) > PIECES_LIMIT:
                break
    is_whole = depth == 0 and start == len(text) and items != [b""]
    return items if is_whole or len(items) > PIECES_LIMIT else None
