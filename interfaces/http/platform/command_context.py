"""Commands of requests and messages: under which id, on whose behalf, and how they are answered."""

import os
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter
from litestar.types import HTTPScope

from application.ports.commands import Answer, CommandLog, Envelope
from domain.aggregate import Command
from domain.events import Metadata
from interfaces.http.platform.problems import bad_request
from interfaces.http.platform.services import Services, services_in, services_of
from interfaces.tokens import Identity

KEY_PATTERN = re.compile(rb"[ -~]{1,200}")
CORRELATION_PATTERN = re.compile(rb"[!-~]{1,200}")
TRACEPARENT_PATTERN = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description=(
            "Repeating a request with the same key gets the first answer and changes nothing. "
            "A key belongs to one request, or message over a socket, of one token's subject."
        ),
        min_length=1,
        max_length=200,
        pattern="^[ -~]+$",
    ),
]

POSITION_HEADER = ResponseHeader(
    name="Position",
    description="Where the log stands with this answer; give it to a query as Read-After.",
    documentation_only=True,
)


def _fresh_ids(at_once: int = 256) -> Iterator[str]:
    """Random UUIDs' worth of bits; a system call for each took a twentieth of a join (measured)."""
    while True:
        random = os.urandom(16 * at_once)
        yield from (random[i : i + 16].hex() for i in range(0, len(random), 16))


FRESH_IDS = _fresh_ids()


async def asked(log: CommandLog, command: Command) -> Answer:
    """What a log answers to a command of this process's own; raises `Refusal` and `Unavailable`."""
    return await log.execute(Envelope(command_id=next(FRESH_IDS), command=command))


class CommandContext(NamedTuple):
    """Under which id, and on whose behalf, a request or message wants something to happen."""

    command_id: str
    metadata: Metadata

    def envelope(self, command: Command) -> Envelope:
        """A command, ready to be decided once."""
        return Envelope(command_id=self.command_id, command=command, metadata=self.metadata)

    def step(self, command: Command) -> Envelope:
        """A command on the way to another, which is done anew when the request is repeated."""
        metadata = msgspec.structs.replace(self.metadata, fingerprint=None)
        return Envelope(command_id=next(FRESH_IDS), command=command, metadata=metadata)

    def new_id(self) -> str:
        """An id for what this request creates, and the same one when it is repeated."""
        if self.metadata.fingerprint is None:
            return self.command_id  # fresh, so nothing else is called by it
        return _id_by(self.command_id, self.metadata.fingerprint)


def id_made_by(envelope: Envelope) -> str:
    """An id for what a command creates, which no other command leads to, and a repeated one does.

    One command id may be used for several aggregates. None has a slash in its name, as the ids of
    all commands have that anybody but a process sends, so that these meet no ids of requests.
    """
    return _id_by(envelope.command.aggregate_id, envelope.command_id)


def _id_by(*seed: str) -> str:
    digest = blake2b("\n".join(seed).encode(), digest_size=16).digest()
    return UUID(bytes=digest, version=4).hex


def context_of(
    identity: Identity, scope: HTTPScope, headers: Mapping[bytes, bytes], body: bytes
) -> CommandContext:
    """The context of a request; raises `Problem` 400 for an unusable `Idempotency-Key`."""
    key = headers.get(b"idempotency-key")
    command_id = _command_id(identity, key)
    return CommandContext(
        command_id,
        Metadata(
            actor=identity.user_id,
            correlation_id=_text(usable(CORRELATION_PATTERN, headers, b"x-correlation-id"))
            or command_id,
            traceparent=_text(usable(TRACEPARENT_PATTERN, headers, b"traceparent")),
            fingerprint=None
            if key is None
            else _fingerprint(services_in(scope), scope["method"], scope["path"], body),
        ),
    )


def context_of_message(
    services: Services, identity: Identity, path: str, key: str | None, message: object
) -> CommandContext:
    """The context of a message over the socket at `path`, by the same rules.

    Raises `Problem` 400 for an unusable key. Keys of requests and of messages are the same keys.
    """
    command_id = _command_id(identity, None if key is None else key.encode())
    metadata = Metadata(actor=identity.user_id, correlation_id=command_id)
    if key is not None:
        fingerprint = _fingerprint(services, "SOCKET", path, msgspec.json.encode(message))
        metadata = msgspec.structs.replace(metadata, fingerprint=fingerprint)
    return CommandContext(command_id, metadata)


async def provide_context(
    request: Request[Identity, None, Any],
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - read from the scope, documented here
) -> CommandContext:
    """Litestar's way to a context."""
    headers = dict(request.scope["headers"])
    return context_of(request.user, request.scope, headers, await request.body())


async def carry_out(
    request: Request[Identity, None, Any],
    context: CommandContext,
    command: Command,
    status: int = 200,
) -> Response[Any]:
    """Have a command decided and answer with its reply; raises `Refusal` and `Unavailable`."""
    answer = await services_of(request).log.execute(context.envelope(command))
    return answered(answer, status)


def answered(answer: Answer, status: int = 200) -> Response[Any]:
    """The response of a command that was not refused."""
    return Response(
        msgspec.json.encode(answer.reply),
        status_code=status,
        headers={"Position": str(answer.position)},
        media_type="application/json",
    )


def _command_id(identity: Identity, key: bytes | None) -> str:
    if key is None:
        return next(FRESH_IDS)
    if not KEY_PATTERN.fullmatch(key):
        raise bad_request(
            "invalid-idempotency-key", "An Idempotency-Key is 1 to 200 printable ASCII characters."
        )
    return id_of_client(identity, key.decode())


def id_of_client(identity: Identity, key: str) -> str:
    """The command id of a key that somebody gave.

    No other kind of token or subject leads to it, since a subject has no slash, and no process
    does: its ids begin with the name of a worker and a colon.
    """
    return f"{identity.scope}/{identity.user_id}/{key}"


def _fingerprint(services: Services, method: str, path: str, body: bytes) -> str:
    # Keyed, because the log keeps it: whoever reads that cannot try out which name was in a body.
    return services.tokens.fingerprint(f"{method} {path}\n".encode() + body)


def usable(
    pattern: "re.Pattern[bytes]", headers: Mapping[bytes, bytes], name: bytes
) -> bytes | None:
    """A header that is passed on, unless it is not what it should be."""
    header = headers.get(name)
    return header if header is not None and pattern.fullmatch(header) else None


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode()
