"""What somebody can do at these addresses and files: `python -m tests.stack.stranger [USER]`.

Reads JSON from standard input: for each way to try, the places to try it at. Prints as JSON the
places that let it in, each behind its way. It knows nothing of Gamehall.

Becomes the user with this number after a rehearsal, since the interpreter may lie where only its
owner can read.
"""

import contextlib
import json
import os
import smtplib
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from confluent_kafka.admin import AdminClient

PATIENCE_S = 2
OK = 250
"""As SMTP says it."""


def connect_to_postgres(dsn: str) -> None:
    """Open a connection."""
    psycopg.connect(dsn, connect_timeout=PATIENCE_S).close()


def ask_valkey(url: str) -> None:
    """Read a key that is or is not there."""
    with redis.Redis.from_url(url, retry=None, socket_timeout=PATIENCE_S) as client:
        client.get("key")


def ask_kafka(settings: str) -> None:
    """Ask for the topics, with librdkafka's settings as JSON."""
    AdminClient({**json.loads(settings), "log_level": 0}).list_topics(timeout=PATIENCE_S)


def ask_sink(url: str) -> None:
    """Read the mails that are kept, with a password where one stands before the host."""
    parts = urlsplit(url)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0, timeout=PATIENCE_S) as client:
        if parts.password:
            client.login(parts.username or "", parts.password)
        if client.docmd("XMAILS")[0] != OK:
            raise PermissionError


def post(url: str) -> None:
    """Post an empty list; with a token where one stands before the host."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {parts.username}"}
    urllib.request.urlopen(urllib.request.Request(bare, b"[]", headers), timeout=PATIENCE_S)


def look(path: str) -> None:
    """List a folder, speak to a socket, or read a file."""
    place = Path(path)
    if place.is_dir():
        list(place.iterdir())
    elif place.suffix == ".sock":
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
    else:
        place.read_bytes()


def rehearse(places: dict[str, list[str]]) -> None:
    """Try every way once, for libraries that import the rest of themselves only then."""
    list(let_in({way: found[:1] for way, found in places.items()}))


def become(user: int) -> None:
    """Give up every right but those of a user."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


WAYS: dict[str, Callable[[str], None]] = {
    "postgres": connect_to_postgres,
    "valkey": ask_valkey,
    "kafka": ask_kafka,
    "sink": ask_sink,
    "peers": post,
    "files": look,
}


def let_in(places: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for way, found in places.items():
        for place in found:
            with contextlib.suppress(Exception):
                WAYS[way](place)
                yield way, place


if __name__ == "__main__":
    given: dict[str, list[str]] = json.load(sys.stdin)
    for user in sys.argv[1:]:
        rehearse(given)
        become(int(user))
    json.dump([*let_in(given)], sys.stdout)
