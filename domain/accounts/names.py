"""What a handle may be, and what else people say of themselves for programs."""

from typing import Annotated

import msgspec

from domain.keys import flaw_in_key
from domain.refusals import Refusal

HANDLE_PATTERN = r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$(?!\n)"
"""Letters and digits, with one of `.`, `_` and `-` between some of them. Of one alphabet only, so
that no letter of another one looks like it (ADR 0017 leaves that to whoever gives out names)."""

HandleName = Annotated[str, msgspec.Meta(min_length=3, max_length=30, pattern=HANDLE_PATTERN)]
"""A handle in its canonical form."""

HANDLE_MARK, ADDRESS_MARK = "@", "="
"""What the stream keys of handles and of addresses begin with, and those of accounts do not."""

GUEST_MARK = "~"
"""In the ids that the hall makes for people, before what tells those of one name apart. Names have
none, so no guest is called like another one, and none like a person who is known by a name."""

Address = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)", examples=["6f1c0d6f5a3f4c1f9a55b6a0f7f5c7d2"]),
]
"""The digest of an e-mail address under a key of the hall's own."""

Claimable = Annotated[
    str,
    msgspec.Meta(
        max_length=33,
        pattern=rf"{HANDLE_PATTERN.replace('^', '^@', 1)}|^=[0-9a-f]{{32}}$(?!\n)",
        examples=["@ada"],
    ),
]
"""What no two accounts have: a handle or an address, behind its mark."""

TimeZone = Annotated[
    str,
    msgspec.Meta(
        max_length=64,
        pattern=r"^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*$(?!\n)",
        examples=["Europe/London"],
    ),
]
"""A name of the IANA's time zones, such as `Europe/Vienna`; whether there is one is not said."""

Language = Annotated[
    str,
    msgspec.Meta(
        max_length=35,
        pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$(?!\n)",
        examples=["en"],
    ),
]
"""A tag of BCP 47, such as `en` or `pt-BR`."""

LIKE_OTHERS = str.maketrans("01l35", "oiies", "._-")
"""Digits that are read as letters, and what nobody reads at all."""


class HandleMalformed(Refusal, type="handle-malformed", status=422):
    """No handle can be written like that."""


class TimeZoneUnknown(Refusal, type="time-zone-unknown", status=422):
    """There is no time zone of this name."""


class HandleReserved(Refusal, type="handle-reserved", status=422):
    """The handle is taken for somebody who speaks for the hall."""


def canonical(name: str) -> str:
    """The one form of a handle, in which it is stored, compared and shown.

    The same for whatever differs in nothing but case. Raises `HandleMalformed`, also for what
    would only look like the handle that it became.
    """
    if flaw := flaw_in_key(name):
        raise HandleMalformed(f"{name!r} is no handle. {flaw}.")
    try:
        return msgspec.convert(name.casefold(), HandleName)
    except msgspec.ValidationError:
        raise HandleMalformed(
            f"{name!r} is no handle: 3 to 30 letters from a to z and digits, with single dots, "
            "hyphens or underscores between them."
        ) from None


def likeness(handle: str) -> str:
    """What is read in a handle at a glance."""
    return handle.translate(LIKE_OTHERS)


RESERVED = frozenset(
    map(
        likeness,
        (
            *("admin", "administrator", "root", "system", "operator", "owner", "sysadmin"),
            *("gamehall", "hall", "lobby", "bot", "shop", "service", "api", "process"),
            *("support", "help", "helpdesk", "security", "abuse", "staff", "team", "official"),
            *("moderator", "mod", "postmaster", "webmaster", "noreply", "billing", "payments"),
            *("anonymous", "guest", "nobody", "everyone", "everybody", "all", "here", "channel"),
            *("deleted", "unknown", "null", "none", "undefined", "you", "myself"),
        ),
    )
)
"""Names that nobody gets, nor what is read as one of them."""


def refuse_reserved(handle: str) -> None:
    """Refuse a handle that is read as a reserved name; raises `HandleReserved`."""
    if likeness(handle) in RESERVED:
        raise HandleReserved(f"{handle!r} is reserved, or is read as a name that is; take another.")
