"""What does not fit in JSON from outside: here alone msgspec's sentences are taken apart."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from domain.keys import IN_WORDS as KEY_IN_WORDS
from domain.keys import KEY_PATTERN, flaw_in_key
from domain.personal import PERSONAL_PATTERN
from domain.refusals import Refusal

Value = TypeVar("Value")

PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
FIELD = re.compile(r"field `(?P<name>[^`]+)`")
FLOAT_FOR_INT = "Expected `int`, got `float`"
IN_WORDS = {
    repr(KEY_PATTERN): KEY_IN_WORDS,
    repr(PERSONAL_PATTERN): "Expected text without control characters",
}


class InvalidInput(Refusal, status=422):
    """A sentence without its end on what does not fit, and `field`, the JSON path of where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class MalformedInput(InvalidInput, type="malformed-json", status=400):
    """The body is not JSON."""


class AmbiguousId(InvalidInput, type="ambiguous-id", status=422):
    """An id looks like another one, as with a character that nobody sees; `errors` says which."""


def decode_whole(text: bytes, decoder: "msgspec.json.Decoder[Value]") -> Value:
    """Decode JSON in which a whole number may be written in any way; raises as the decoder does.

    3, 3.0 and 3e0 are the same number in JSON Schema, and some languages write the second.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        if FLOAT_FOR_INT not in str(error):
            raise
        return msgspec.convert(json.loads(text, parse_float=_number), decoder.type)


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def is_plain(text: bytes) -> bool:
    """Whether no key in a JSON text can look like another, which most texts tell at a glance.

    They hold neither white space that a key may not have nor anything but ASCII.
    """
    spaced = b'" ' in text or b' "' in text or b"  " in text
    return text.isascii() and b"\\" not in text and not spaced


def refuse_ambiguous(value: object, path: str = "$") -> None:
    """Look at each `NewKey` in a struct, which is at a JSON path; raises `AmbiguousId`.

    What stands in a list is answered one by one, and looked at by whoever does that.
    """
    if not isinstance(value, msgspec.Struct):
        return
    keys, structs = _fields_of(type(value))
    for name in keys:
        key = getattr(value, name)
        if isinstance(key, str) and (flaw := flaw_in_key(key)):
            raise AmbiguousId(f"{path}.{name}", flaw)
    for name in structs:
        refuse_ambiguous(getattr(value, name), f"{path}.{name}")


@cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[Sequence[str], Sequence[str]]:
    """The fields of a struct that hold a `NewKey`, if anything, and those that hold structs."""
    info: Any = msgspec.inspect.type_info(kind)
    kinds = {field.name: list(_kinds_in(field.type)) for field in info.fields}
    keys = [name for name, found in kinds.items() if any(map(_is_new_key, found))]
    struct = msgspec.inspect.StructType
    return keys, [n for n, found in kinds.items() if any(isinstance(k, struct) for k in found)]


def _kinds_in(kind: Any) -> Iterator[Any]:
    if isinstance(kind, msgspec.inspect.UnionType):
        for each in kind.types:
            yield from _kinds_in(each)
    elif isinstance(kind, msgspec.inspect.Metadata) and not _is_new_key(kind):
        yield from _kinds_in(kind.type)
    else:
        yield kind


def _is_new_key(kind: Any) -> bool:
    return isinstance(kind, msgspec.inspect.Metadata) and bool((kind.extra or {}).get("is_new"))


def mistake_in(error: msgspec.ValidationError, root: str = "$") -> tuple[str, str]:
    """The JSON path of what does not fit in a value at `root`, and what msgspec says of it."""
    message = str(error)
    place = PLACE.search(message)
    path = place["path"].replace("$", root, 1) if place else root
    text = message[: place.start()] if place else message
    named = FIELD.search(text)
    return f"{path}.{named['name']}" if named else path, text


def in_words(message: str) -> str:
    """What is wrong, for people: patterns are for programs."""
    return next((words for pattern, words in IN_WORDS.items() if pattern in message), message)
