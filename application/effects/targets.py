"""Where an action goes, for lists that operators look at: no secret, and nobody's address."""

from urllib.parse import urlsplit

from application.effects.rules import kind_of
from application.effects.templates import PLACEHOLDER
from domain.effects.actions import (
    AnyAction,
    Email,
    FileLine,
    RedisKey,
    SocketMessage,
    TableRow,
    TcpLine,
    TextMessage,
    TopicRecord,
    Webhook,
    WebPush,
)

MOST_CHARACTERS = 200


def target_of(action: AnyAction) -> str:
    """The kind of an action, and where it goes, as its rule has it."""
    return legible(f"{kind_of(action)} {_where(action)}", MOST_CHARACTERS)


def host_of(url: str) -> str:
    """The host that an address names; nothing where it names none, or cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # which would tell part of the address
        return ""


def legible(text: str, most: int) -> str:
    """At most so many characters of a text, as a list shows them and PostgreSQL holds them."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:most])


def _where(action: AnyAction) -> str:
    match action:
        case TcpLine(host=host, port=port):
            return f"{host}:{port}"
        case Webhook(url=url):
            return host_of(url)  # the rest may be a secret
        case TableRow(table=name) | FileLine(file=name) | TopicRecord(topic=name):
            return name
        case RedisKey(key=key):
            return key
        case _:
            return _whom(action)


def _whom(action: SocketMessage | Email | WebPush | TextMessage) -> str:
    match action:
        case SocketMessage(person=None, room=room):
            return f"room {room}"
        case SocketMessage(person=person) | WebPush(person=person):
            return f"person {person}"
        case Email(to=to) | TextMessage(to=to):
            return to if PLACEHOLDER.search(to) else "an address"
