"""Challenges: who follows somebody's link plays them. And rematches: two play each other again."""

from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from application.games.offers import Offers
from application.ports.commands import CommandLog
from domain.games.bots import BOT_NAMES
from domain.games.commands import GameLook, Meet, Seek
from domain.games.refusals import GameUnknown, NotAPlayer
from interfaces.http.games import seating
from interfaces.http.games.seating import look_at
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    CommandContext,
    answered,
    provide_context,
    reply_of,
)
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import Problem, documented, forbidden
from interfaces.http.platform.routes import command, query
from interfaces.http.platform.services import services_of
from interfaces.tokens import CHALLENGE_AUDIENCE, Identity, TokenRefused

CHALLENGE_LIFETIME_S = 600
"""Seconds for which somebody is thought to wait for whom they have sent a link."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What lets somebody play who made it, once, within `expires_in` seconds."""

    challenge: str
    expires_in: Annotated[int, msgspec.Meta(examples=[CHALLENGE_LIFETIME_S])]


class Accepting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A challenge of somebody else."""

    challenge: Annotated[
        str, msgspec.Meta(min_length=1, max_length=2_000, examples=["eyJhbGciOiJIUzI1NiIs…"])
    ]


class Rematch(msgspec.Struct, frozen=True, kw_only=True):
    """Whether two play again: who has offered it, and the next table once both have."""

    status: Literal["open", "seated"]
    offered_by: list[str]
    game_id: str


@post(
    "/challenge", operation_id="makeChallenge", summary="Challenge a friend", responses=documented()
)
async def make_challenge(request: Request) -> Challenge:
    """Make something to give to a friend, who then plays the token's subject by it.

    It is kept nowhere, and open to whoever gets hold of it first. Nobody waits by it: who has given
    it away may look for a game meanwhile.
    """
    tokens, user = services_of(request).tokens, request.user
    challenger = Identity(user.user_id, user.scope, 0, 0)  # a stranger learns no more
    ticket = tokens.ticket(challenger, CHALLENGE_LIFETIME_S, CHALLENGE_AUDIENCE)
    return Challenge(challenge=ticket, expires_in=CHALLENGE_LIFETIME_S)


@command("/challenge/accept", "acceptChallenge", "Accept a challenge", 403, 409)
async def accept_challenge(
    request: Request, data: JSONBody[Accepting], context: NamedDependency[CommandContext]
) -> Response[Seek]:
    """Play whoever made the challenge, who must not look for a game or play one meanwhile."""
    services, user = services_of(request), request.user.user_id
    try:
        challenger, name = services.tokens.holder(data.challenge, CHALLENGE_AUDIENCE)
    except TokenRefused:
        detail = "The challenge is too old, or none of this hall; ask for another one."
        raise forbidden("no-challenge", detail) from None
    table = _table_after("challenge", name)
    if (begun := await _game(services.log, table)) is not None:
        return Response(_seat_at(begun, user))
    meeting = Meet(user_id=user, opponent=challenger.user_id, game_id=table)
    return answered(await seating.meet(services.log, context, meeting))


@command("/{game_id:str}/rematch", "offerRematch", "Offer another game", 403, 404, 409)
async def offer_rematch(
    request: Request, game_id: PathKey, context: NamedDependency[CommandContext]
) -> Response[Rematch]:
    """Offer the opponent of a game that is over another one, which begins once both have."""
    services, user = services_of(request), request.user.user_id
    other = _opponent(await _required(services.log, game_id), user)
    offers = services.part(Offers)
    await offers.offer(game_id, user)
    rematch = await _rematch(services.log, offers, game_id)
    if rematch.status == "open" and other in rematch.offered_by:
        meeting = Meet(user_id=user, opponent=other, game_id=rematch.game_id)
        await seating.meet(services.log, context, meeting)
        rematch = msgspec.structs.replace(rematch, status="seated")
    return Response(rematch)


@query("/{game_id:str}/rematch/offers", "getRematch", "Is another game offered?", 404)
async def get_rematch(request: Request, game_id: PathKey) -> Rematch:
    """Tell who has offered another game after one that is over, within the last minute."""
    services = services_of(request)
    return await _rematch(services.log, services.part(Offers), game_id)


async def _rematch(log: CommandLog, offers: Offers, game_id: str) -> Rematch:
    table = _table_after("rematch", game_id)
    begun = await _game(log, table)
    return Rematch(
        status="open" if begun is None else "seated",
        offered_by=sorted(await offers.of(game_id)),
        game_id=table,
    )


def _seat_at(begun: GameLook, user: str) -> Seek:
    """The seat that a challenge has led to already; raises `Problem` 409 for somebody else."""
    if user not in (begun.player1, begun.player2):
        raise Problem(409, "challenge-accepted", "Somebody has accepted this challenge already.")
    return Seek(user_id=user, game_id=begun.game_id, status="seated")


def _table_after(what: str, name: str) -> str:
    """The one table that something leads to, so that it leads there once."""
    return blake2b(f"{what}\n{name}".encode(), digest_size=16).hexdigest()


def _opponent(game: GameLook, user: str) -> str:
    """Whom a user played in a game that is over; raises `Refusal` and `Problem` 409."""
    if user not in (game.player1, game.player2):
        raise NotAPlayer(game.game_id, user)
    if game.status == "playing":
        raise Problem(409, "game-goes-on", f"Game {game.game_id!r} goes on; end that one first.")
    other = game.player1 if user == game.player2 else game.player2
    if other in BOT_NAMES:
        raise Problem(409, "only-a-bot", f"{other} plays whoever looks for a game alone: seek one.")
    return other


async def _game(log: CommandLog, game_id: str) -> GameLook | None:
    try:
        return await _required(log, game_id)
    except GameUnknown:
        return None


async def _required(log: CommandLog, game_id: str) -> GameLook:
    return reply_of(await look_at(log, game_id), GameLook)


router = Router(
    path="/api/v1/games",
    route_handlers=[make_challenge, accept_challenge, offer_rematch, get_rematch],
    dependencies={"context": Provide(provide_context)},
)
