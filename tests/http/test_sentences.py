"""The sentences of msgspec that `application.validation` takes apart, as it writes them now."""

from typing import Annotated, Any

import msgspec
import pytest

from application.validation import FLOAT_FOR_INT, in_words, mistake_in
from domain.keys import Key
from domain.personal import PersonalText


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    score: Annotated[int, msgspec.Meta(ge=0)]


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: Key = "a"
    said: PersonalText = "b"
    inner: list[Inner] = []


def error_of(text: bytes, type: Any = Outer) -> msgspec.ValidationError:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(text, type=type)
    return raised.value


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (b"[]", "$", "Expected `object`, got `array`"),
        (b'{"name":1}', "$.name", "Expected `str`, got `int`"),
        (b'{"other":1}', "$.other", "Object contains unknown field `other`"),
        (b'{"inner":[{}]}', "$.inner[0].score", "Object missing required field `score`"),
        (b'{"inner":[{"score":-1}]}', "$.inner[0].score", "Expected `int` >= 0"),
        (b'{"inner":[{"score":1.5}]}', "$.inner[0].score", "Expected `int`, got `float`"),
    ],
)
def test_what_does_not_fit_is_found_with_its_place(text: bytes, field: str, message: str) -> None:
    error = error_of(text)
    assert mistake_in(error) == (field, message)
    assert mistake_in(error, "$.data") == (field.replace("$", "$.data"), message)
    assert (message == FLOAT_FOR_INT) == ("float" in message)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"name":"a/b"}', "Expected text without control characters or a slash, and not . or .."),
        (b'{"said":"a\\nb"}', "Expected text without control characters"),
        (b'{"name":""}', "Expected `str` of length >= 1"),
    ],
)
def test_patterns_are_told_in_words(text: bytes, words: str) -> None:
    assert in_words(mistake_in(error_of(text))[1]) == words
