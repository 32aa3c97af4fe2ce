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


def refuse_ambiguous(text: bytes, value: object) -> None:
    """Look at the keys of what was decoded from a text; raises `AmbiguousId`.

    Most texts need no look, since they hold neither white space that a key may not have nor
    anything but ASCII.
    """
    spaced = b'" ' in text or b' "' in text or b"  " in text
    plain = text.isascii() and b"\\" not in text and not spaced
    for path, key in () if plain else keys_in(value):
        if flaw := flaw_in_key(key):
            raise AmbiguousId(path, flaw)


def keys_in(value: object, path: str = "$") -> Iterator[tuple[str, str]]:
    """The keys in a struct, a list of them or whatever else, each with its JSON path."""
    if isinstance(value, msgspec.Struct):
        keys, others = _fields_of(type(value))
        for name in keys:
            if isinstance(key := getattr(value, name), str):
                yield f"{path}.{name}", key
        for name in others:
            yield from keys_in(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from keys_in(item, f"{path}[{number}]")


@cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[Sequence[str], Sequence[str]]:
    """The fields of a struct that hold a `Key`, if they hold anything, and those with others."""
    info: Any = msgspec.inspect.type_info(kind)
    kinds = {field.name: list(_kinds_in(field.type)) for field in info.fields}
    keys = [name for name, found in kinds.items() if any(map(_is_key, found))]
    structs_or_lists = msgspec.inspect.StructType | msgspec.inspect.ListType
    others = [
        n for n, found in kinds.items() if any(isinstance(k, structs_or_lists) for k in found)
    ]
    return keys, others


def _kinds_in(kind: Any) -> Iterator[Any]:
    if isinstance(kind, msgspec.inspect.Metadata):
        yield from _kinds_in(kind.type)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for each in kind.types:
            yield from _kinds_in(each)
    else:
        yield kind


def _is_key(kind: Any) -> bool:
    return isinstance(kind, msgspec.inspect.StrType) and kind.pattern == KEY_PATTERN


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
