"""Actions: what a rule wants done in the world, each of a kind.

A text that is a `Template` may have placeholders, such as `{user_id}`, which are filled in with
what the event tells. What is filled in was checked as what the event's field is; what an action
may touch (hosts, tables, keys, topics, files) is checked where it is performed.
"""

from typing import Annotated, ClassVar

import msgspec

from domain.personal import PERSONAL_PATTERN

Template = Annotated[str, msgspec.Meta(max_length=4_000)]
ShortTemplate = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=PERSONAL_PATTERN)]
"""Of one line, also when it is filled in."""
Name = Annotated[
    str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9_-]*$(?!\n)")
]


class Action(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """What is to be done, and nothing that nobody knows: a slip would leave it out.

    `repeats` says whether doing it again, after the answer to the first time was lost, harms
    nobody: since it leads to the same, or since the receiver is given a key by which it knows a
    repetition. Without, an effect whose outcome is unknown stays so until an operator decides.
    """

    repeats: ClassVar[bool] = False


class SocketMessage(Action, frozen=True, kw_only=True, tag="socket"):
    """Tell all sockets of a person, or of a room, that are open at this moment.

    One of `person` and `room` is given.
    """

    person: ShortTemplate | None = None
    room: ShortTemplate | None = None
    text: Template = ""


class TcpLine(Action, frozen=True, kw_only=True, tag="tcp"):
    """A line of JSON over TCP, which is answered by a line with its `id`."""

    repeats = True

    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class Webhook(Action, frozen=True, kw_only=True, tag="webhook"):
    """A signed POST (standard webhooks), whose `webhook-id` stays the same when it is repeated."""

    repeats = True

    url: Annotated[
        str, msgspec.Meta(min_length=8, max_length=2_000, pattern=r"^https?://\S+$(?!\n)")
    ]


class TableRow(Action, frozen=True, kw_only=True, tag="table"):
    """A row in a table of PostgreSQL, whose key is the effect's id."""

    repeats = True

    table: Name


class Email(Action, frozen=True, kw_only=True, tag="email"):
    """A mail to a person whose account has an address, or to an address as it stands."""

    to: ShortTemplate
    subject: ShortTemplate
    text: Template


class WebPush(Action, frozen=True, kw_only=True, tag="web-push"):
    """A push message to every browser that a person has asked to be told at."""

    person: ShortTemplate
    title: ShortTemplate
    text: Template = ""
    path: Annotated[str, msgspec.Meta(max_length=500, pattern=r"^/[^\s]*$(?!\n)")] = "/"


class TextMessage(Action, frozen=True, kw_only=True, tag="sms"):
    """A text message, by a signed request to the gateway of the settings."""

    repeats = True

    to: ShortTemplate
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


LONGEST_KEPT_S = 10 * 366 * 86_400
"""For which Redis is asked to keep something; it refuses what does not fit into its clock, and only
after it has counted."""


class RedisKey(Action, frozen=True, kw_only=True, tag="redis"):
    """A value under a key of Redis, or a counter there that each event counts in once.

    With `value`, the key holds that of the newest event; without, the number of events.
    """

    repeats = True

    key: ShortTemplate
    value: ShortTemplate | None = None
    keep_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_KEPT_S)] | None = None


class FileLine(Action, frozen=True, kw_only=True, tag="file"):
    """A line of JSON at the end of a file, which is rotated when it is large."""

    repeats = True

    file: Name


class TopicRecord(Action, frozen=True, kw_only=True, tag="topic"):
    """A record in another topic of Kafka, with the effect's id among its headers."""

    repeats = True

    topic: Annotated[
        str, msgspec.Meta(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$(?!\n)")
    ]
    key: ShortTemplate


AnyAction = (
    SocketMessage
    | TcpLine
    | Webhook
    | TableRow
    | Email
    | WebPush
    | TextMessage
    | RedisKey
    | FileLine
    | TopicRecord
)
