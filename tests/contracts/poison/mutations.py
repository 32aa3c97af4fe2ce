"""What can be wrong with a message: each of its fields, in every way that is known."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

HERE = "\N{LEFT CURLY BRACKET}here\N{RIGHT CURLY BRACKET}"

VALUES: Mapping[str, bytes] = {
    "null": b"null",
    "an object": b"{}",
    "an array": b"[]",
    "a text": b'"some"',
    "a number": b"7",
    "a truth": b"true",
    "empty": b'""',
    "huge": b'"' + b"x" * 70_000 + b'"',
    "deep": b"[" * 1_500 + b"]" * 1_500,
    "not UTF-8": b'"refus\xe9"',
    "a lone surrogate": b'"cut \\ud83d"',
    "NUL": b'"C:\\u0000"',
    "a bare NUL": b'"a\x00b"',
    "many digits": b"7" * 5_000,
    "a long fraction": b"0." + b"7" * 5_000,
    "an exponent": b"1e4300",
    "a tiny exponent": b"1e-999999",
    "negative": b"-5",
    "out of range": b"9007199254740993",
    "beyond 64 bits": b"18446744073709551616",
    "no number": b"NaN",
    "infinite": b"1e999",
    "a whole number as a fraction": b"7.0",
    "a control character": b'"a\\u0007b"',
    "a line feed": b'"ab\\n"',
    "zero width": b'"a\\u200bb"',
    "turned round": b'"a\\u202eb"',
    "a trailing space": b'"ada "',
    "decomposed": b'"Zoe\\u0308"',
    "wide": '"\uff41\uff44\uff41"'.encode(),
    "another hyphen": '"user\u2010123"'.encode(),
    "a slash": b'"a/b"',
    "a dot": b'"."',
    "two dots": b'".."',
    "a route": b'"join"',
    "a time far off": b'"0001-01-01T00:00:00+23:59"',
    "a bot": b'"bot-hard"',
}
"""Whatever a field may be given in place of what it should have, as JSON, or nearly."""

WHOLES: Mapping[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "an empty object": b"{}",
    "an empty array": b"[]",
    "a text": b'"x"',
    "a number": b"1e4300",
    "half": b'{"a": ',
    "bytes": b"\xff\xfe\x00\x01",
    "deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "large": b"{" + b" " * 900_000 + b"}",
}
"""Whatever may come in place of a message."""

Path = tuple[str | int, ...]


class Poison(NamedTuple):
    """A message that is wrong in one way, and in which."""

    name: str
    body: bytes


def poisons(message: Any) -> Iterator[Poison]:
    """Every way in which a message can be wrong; `message` is a good one."""
    yield from (Poison(f"all of it: {name}", whole) for name, whole in WHOLES.items())
    for path in paths(message):
        field = ".".join(map(str, path))
        yield from (
            Poison(f"{field}: {name}", _with(message, path, v)) for name, v in VALUES.items()
        )
        yield Poison(f"{field}: missing", json.dumps(_without(message, path)).encode())
        yield Poison(f"{field}: twice", _twice(message, path))
        yield Poison(f"{field}: in capitals", _with(message, path, _capitals(message, path)))


def paths(message: Any, above: Path = ()) -> Iterator[Path]:
    """Where each field of a message is, those of inner objects included."""
    inner: Sequence[tuple[str | int, Any]] = ()
    if isinstance(message, dict):
        inner = list(message.items())
    elif isinstance(message, list):
        inner = list(enumerate(message))
    for name, value in inner:
        yield (*above, name)
        yield from paths(value, (*above, name))


def holding(message: Any, path: Path) -> tuple[Any, Any]:
    """A copy of a message, and what in it holds the field."""
    copy = json.loads(json.dumps(message))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    return copy, holder


def _with(message: Any, path: Path, value: bytes) -> bytes:
    copy, holder = holding(message, path)
    holder[path[-1]] = HERE
    return json.dumps(copy).encode().replace(json.dumps(HERE).encode(), value)


def _without(message: Any, path: Path) -> Any:
    copy, holder = holding(message, path)
    del holder[path[-1]]
    return copy


def _twice(message: Any, path: Path) -> bytes:
    """The field again, with another value, which in JSON is no mistake and means the last."""
    name = path[-1]
    again = b'0, "' + str(name).encode() + b'": 1' if isinstance(name, str) else b"0, 1"
    return _with(message, path, again)


def _capitals(message: Any, path: Path) -> bytes:
    _, holder = holding(message, path)
    return json.dumps(holder[path[-1]]).upper().encode()
