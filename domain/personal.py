"""Texts about people, which have to be forgotten when somebody asks for it."""

from typing import Annotated

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
