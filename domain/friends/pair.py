"""Two people, whoever of them is named first, and one of them alone."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

PAIR_MARK, PERSON_MARK = "&", "!"
"""What the stream keys of pairs, and of what is one person's own, begin with, and no other key of
their category."""


def pair_id(one: str, other: str) -> str:
    """The stream key of what is between two people, which is decided in one place.

    A digest, as two ids of two hundred characters are longer than a key may be; who they are stands
    in the events.
    """
    # A line feed is in no key, so no two pairs come to the same text.
    return PAIR_MARK + _digest("\n".join(sorted((one, other))))


def person_id(user_id: str) -> str:
    """The stream key of what is one person's own."""
    return PERSON_MARK + _digest(user_id)


def _digest(text: str) -> str:
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=18).digest()).decode()
