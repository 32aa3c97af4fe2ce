"""Commands by the hundred: how workers, and other processes of the API, ask for decisions."""

import asyncio
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
from litestar import Router, post
from litestar.params import JSONBody

from application.envelopes import VerdictMessage
from application.ports.commands import Envelope, Unavailable
from application.validation import AmbiguousId, is_plain, refuse_ambiguous
from domain.categories import CATEGORIES
from domain.refusals import Refusal
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES, Request
from interfaces.http.platform.command_context import id_made_by, id_of_client
from interfaces.http.platform.problems import documented
from interfaces.http.platform.services import Services, services_of
from interfaces.tokens import Identity

MOST_COMMANDS = 1_000


class IdNotYours(Refusal, type="id-not-yours", status=422):
    """A command brought the id of what it makes, which the hall gives."""


class ByHallAlone(Refusal, type="by-hall-alone", status=403):
    """A command is a step of something larger, which the hall takes by itself."""


AnyCommand: Any = reduce(or_, (kind for category in CATEGORIES for kind in category.deciders))
"""Every command there is, told apart by its member `command`."""


class CommandEnvelope(Envelope, frozen=True, kw_only=True):
    """A command to decide, and the id under which a repetition gets the first answer.

    The id is one's own, as an `Idempotency-Key` is: nobody else's has to differ from it.
    """

    command_id: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    command: AnyCommand


@post(
    "/commands",
    status_code=200,
    guards=[only("service", "admin", "process")],
    request_max_body_size=BATCH_LIMIT_BYTES,
    operation_id="executeCommands",
    summary="Have many commands decided",
    responses=documented(400, 403, 413, 415, 422),
)
async def execute_commands(
    request: Request,
    data: JSONBody[Annotated[list[CommandEnvelope], msgspec.Meta(max_length=MOST_COMMANDS)]],
) -> list[VerdictMessage]:
    """Have up to 1,000 commands decided, those of one aggregate in the order given.

    There is a verdict for each, in the same order; one that is refused does not stop the others.
    What a command makes, a session or the table of who seeks a game, gets its id from the hall;
    it stands in the reply.
    """
    services, identity = services_of(request), request.user
    # What a process names is in the log already, and must not get stuck there.
    is_doubtful = identity.scope != "process" and not is_plain(await request.body())
    return await asyncio.gather(
        *(
            _decide(services, identity, envelope, f"$[{n}]" if is_doubtful else "")
            for n, envelope in enumerate(data)
        )
    )


def _in_the_name_of(identity: Identity, envelope: CommandEnvelope) -> Envelope:
    """A process brings an id of its own; what anybody else calls a command is a key of his.

    Raises `ByHallAlone`.
    """
    if identity.scope == "process":
        return envelope
    if envelope.command.by_hall:
        name = envelope.command.__struct_config__.tag
        raise ByHallAlone(f"{name} is a step that the hall takes by itself; see its addresses.")
    metadata = envelope.metadata
    return msgspec.structs.replace(
        envelope,
        command_id=id_of_client(identity, envelope.command_id),
        metadata=msgspec.structs.replace(metadata, actor=metadata.actor or identity.user_id),
    )


def _naming(envelope: Envelope) -> Envelope:
    """The command with an id for what it makes; raises `IdNotYours`."""
    command = envelope.command
    if not command.makes:
        return envelope
    if given := getattr(command, command.makes):
        raise IdNotYours(
            f"The hall gives the {command.makes}, so that none is given twice; "
            f"leave {given!r} out, and take the id from the reply."
        )
    named = msgspec.structs.replace(command, **{command.makes: id_made_by(envelope)})
    return msgspec.structs.replace(envelope, command=named)


def _refuse_ambiguous(envelope: Envelope, path: str) -> None:
    """As `refuse_ambiguous`, and the text says where: a verdict has no list of fields."""
    try:
        refuse_ambiguous(envelope, path)
    except AmbiguousId as ambiguous:
        raise AmbiguousId(ambiguous.field, f"{ambiguous.field}: {ambiguous}.") from None


async def _decide(
    services: Services, identity: Identity, given: CommandEnvelope, doubtful_at: str
) -> VerdictMessage:
    """The verdict on a command; where its ids need a look, its path in the body is given."""
    try:
        envelope = _in_the_name_of(identity, given)
        if doubtful_at:
            _refuse_ambiguous(envelope, doubtful_at)
        return VerdictMessage.of(await services.log.execute(_naming(envelope)))
    except (Refusal, Unavailable) as error:
        return VerdictMessage.of(error)


router = Router(path="/api/v1", route_handlers=[execute_commands])
