"""Two people, whoever of them is named first."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

PAIR_MARK = "&"
"""What the stream keys of pairs begin with, and no other key of their category."""


def pair_id(one: str, other: str) -> str:
    """The stream key of what is between two people, which is decided in one place.

    A digest, as two ids of two hundred characters are longer than a key may be; who they are stands
    in the events.
    """
    first, second = sorted((one, other))
    # A line feed is in no key, so no two pairs come to the same text.
    digest = blake2b(f"{first}\n{second}".encode(), digest_size=18).digest()
    return PAIR_MARK + urlsafe_b64encode(digest).decode()
