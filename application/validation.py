"""What does not fit in JSON from outside: here alone msgspec's sentences are taken apart."""

import json
import re
from typing import TypeVar

import msgspec

from domain.keys import KEY_PATTERN
from domain.personal import PERSONAL_PATTERN
from domain.refusals import Refusal

Value = TypeVar("Value")

PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
FIELD = re.compile(r"field `(?P<name>[^`]+)`")
FLOAT_FOR_INT = "Expected `int`, got `float`"
IN_WORDS = {
    repr(KEY_PATTERN): "Expected text without control characters or a slash, and not . or ..",
    repr(PERSONAL_PATTERN): "Expected text without control characters",
}


class InvalidInput(Refusal, status=422):
    """A sentence without its end on what does not fit, and `field`, the JSON path of where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class MalformedInput(InvalidInput, type="malformed-json", status=400):
    """The body is not JSON."""


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
