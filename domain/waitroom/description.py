"""How a room looks to the people who wait in it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from domain.personal import PERSONAL_PATTERN

MOST_LANGUAGES = 8
MOST_ORIGINS = 20

Headline = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=PERSONAL_PATTERN)]
Paragraph = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=PERSONAL_PATTERN)]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}$(?!\n)", examples=["#0b5fff"])]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$(?!\n)", examples=["en"])]
Origin = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$(?!\n)",
        examples=["https://shop.example"],
    ),
]
"""Where a page may send people back to: an origin, without a path. Plain HTTP is for trying out."""


class Colours(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The colours of a visitor's page: of what can be pressed, in light and in dark."""

    light: Colour | None = None
    dark: Colour | None = None


class Texts(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What a visitor's page says in one language, beside or in place of what it says anyhow."""

    title: Headline | None = None
    waiting: Paragraph | None = None
    ready: Paragraph | None = None
    over: Paragraph | None = None
    paused: Paragraph | None = None
    closed: Paragraph | None = None


class Description(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What a visitor's page is made of, and the origins that it may send people back to.

    `title` stands in every language that has no title of its own in `texts`.
    """

    title: Headline | None = None
    colours: Colours = Colours()
    texts: Annotated[Mapping[Language, Texts], msgspec.Meta(max_length=MOST_LANGUAGES)] = {}
    return_origins: Annotated[Sequence[Origin], msgspec.Meta(max_length=MOST_ORIGINS)] = ()

    @property
    def appearance(self) -> "Appearance":
        """What is said, as it is kept."""
        return msgspec.convert(msgspec.to_builtins(self), Appearance)


class Appearance(msgspec.Struct, frozen=True, kw_only=True):
    """A description as it is kept: without limits, which are those of the day it was given."""

    title: str | None = None
    colours: Mapping[str, str] = {}
    texts: Mapping[str, Mapping[str, str]] = {}
    return_origins: tuple[str, ...] = ()
