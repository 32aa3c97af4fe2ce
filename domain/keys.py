"""Names of people, events, sessions and games, as they come from outside."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

import msgspec

KEY_PATTERN = r"^(?!\.\.?$)[^\x00-\x1f\x7f/]+$(?!\n)"
"""No control characters: PostgreSQL takes no NUL, and a log is read by people. No slash, and not
`.` or `..`: keys are parts of addresses. The last group is for Python, whose `$` lets a line feed
follow. What a pattern cannot say, `flaw_in_key` does."""

IN_WORDS = "Expected text without control characters or a slash, and not . or .."
MOST_KEY_CHARACTERS = 200

Key = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MOST_KEY_CHARACTERS, pattern=KEY_PATTERN)
]

NewKey = Annotated[Key, msgspec.Meta(extra={"is_new": True})]
"""What comes into being with a command, or the name of a person anew, which must not look like
another. What exists is found under whatever it was called once, or it is not."""

_is_key = re.compile(KEY_PATTERN).search
_is_plain = re.compile(r"(?!\.\.?$)[!-.0-~]+").fullmatch
_find_unusual = re.compile(r"[^\n!-.0-~]").search
"""Anything but the visible characters of ASCII; each of these looks like itself alone."""

_VISIBLE = "LMNPS"
"""What general categories of characters that can be seen begin with: letters, marks, numbers,
punctuation and symbols. The rest are spaces, controls, formats and what nobody has given a form."""

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\ufe00-\ufe0f\U0001d159\U000e0100-\U000e01ef]"
)
"""Of these categories, and invisible all the same."""

_DASHES = "\u02d7\u2043\u2212\u2500\u2796"
"""Of no dash's category, and with the looks of one."""


def are_plain(keys: Sequence[str]) -> bool:
    """Whether nothing can be wrong with any of these: a look at all at once, at the speed of C."""
    text = "\n".join(("", *keys, ""))
    if _find_unusual(text) or text.count("\n") != len(keys) + 1:
        return False
    return not ("\n.\n" in text or "\n..\n" in text or "\n\n" in text)


def flaw_in_key(key: str) -> str | None:
    """Why a text is no key, as a sentence without its end, or None.

    What looks like another key is none: whoever reads two names as one must not meet two people.
    It is refused and not mended, since who asks goes on with what was sent.
    """
    if _is_plain(key):
        return None
    if not _is_key(key):
        return IN_WORDS
    flaws = (flaw for each in key if (flaw := _flaw_in_character(each)))
    return _flaw_in_form(key) or next(flaws, None)


def _flaw_in_form(key: str) -> str | None:
    if key != key.strip():
        return "It begins or ends with white space, which nobody sees"
    if "  " in key:
        return "It has several spaces in a row, which pages show as one"
    if key != (normal := unicodedata.normalize("NFKC", key)):
        return f"It looks like {normal!r}; write it like that, in the form NFKC of Unicode"
    if unicodedata.category(key[0])[0] == "M":
        return f"It begins with U+{ord(key[0]):04X}, which is drawn on the character before it"
    return None


def _flaw_in_character(character: str) -> str | None:
    category, code = unicodedata.category(character), f"U+{ord(character):04X}"
    if character not in "- " and (category == "Pd" or character in _DASHES):
        return f"It has {code}, which looks like a hyphen; write '-'"
    if character != " " and (category[0] not in _VISIBLE or _BLANK.match(character)):
        return f"It has {code}, which nobody sees"
    return None
