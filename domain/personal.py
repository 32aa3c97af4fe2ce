"""Texts about people, which have to be forgotten when somebody asks for it."""

from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

HALL = "/hall"
"""The subject of what the hall keeps for itself: nobody, since no id of a user has a slash. It is
never erased."""

PERSONAL_PATTERN = r"^[^\x00-\x1f\x7f]+$(?!\n)"
"""No control characters; the last group is for Python, whose `$` lets a line feed follow."""

PersonalText = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=PERSONAL_PATTERN)]
"""What somebody says of themselves, as it comes from outside."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A text about `subject` that nobody can read without the subject's key.

    A command or an event that tells something personal carries it like this, from before it is
    decided until it is shown. Nothing can be decided on it: sealing the same text twice gives two
    different ones. When the key is destroyed, the text is gone, wherever it was copied to.
    """

    subject: str
    sealed: str


SEALED_MARK = "sealed:"
"""What a text begins with that is a sealed one, where there is room for a text only."""


def as_text(sealed: Sealed) -> str:
    """A sealed text where there is room for a text only."""
    return SEALED_MARK + msgspec.json.encode(sealed).decode()


def sealed_in(text: str) -> Sealed | None:
    """The sealed text that a text is; None where it is one in the open."""
    if not text.startswith(SEALED_MARK):
        return None
    try:
        return msgspec.json.decode(text.removeprefix(SEALED_MARK).encode(), type=Sealed)
    except msgspec.DecodeError:
        return None


class Tells(Enum):
    """What a text in an event tells of people; an event has no text of which that is not said."""

    PERSON = "the id of somebody whom it is about, or who decided it"
    OPEN = "said of somebody or by somebody, and readable for good"
    NOBODY = "a thing's name or what a room says, and nothing of anybody"


PersonId = Annotated[str, Tells.PERSON]
OpenText = Annotated[str, Tells.OPEN]
ThingId = Annotated[str, Tells.NOBODY]


def told_in(hint: Any) -> Tells | None:
    """What the type of a field says of people; None where it says nothing."""
    if get_origin(hint) is Annotated:
        said = [each for each in hint.__metadata__ if isinstance(each, Tells)]
        return said[0] if said else told_in(hint.__origin__)
    found = (told_in(each) for each in get_args(hint) if each is not type(None))
    return next((each for each in found if each is not None), None)


@cache
def fields_with_people(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of an event in which somebody may be named."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name, hint in hints.items() if told_in(hint) is Tells.PERSON)
