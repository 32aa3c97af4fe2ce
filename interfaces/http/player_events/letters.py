"""Dead letters of players' events, for whoever runs the hall."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, post, put
from litestar.params import JSONBody, QueryParameter

from application.player_events.dead_letters import DeadLetterRepairs
from application.player_events.repair import Repair
from application.ports.projections import Change
from domain.personal import PERSONAL_PATTERN
from domain.player_events.letters import CONSUMERS, INGEST, DeadLetter
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import BATCH_LIMIT_BYTES, Request
from interfaces.http.platform.parameters import Before, PathKey, limit_of
from interfaces.http.platform.problems import documented
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of
from projections.player_events import DEAD_LETTERS
from projections.player_events.dead_letters import DeadLetterPage, Wanted

Service: Any = Literal["any", INGEST, *CONSUMERS]
AnyStatus = Literal["any", "open", "retried", "dropped"]

Of = Annotated[Service, QueryParameter(description="Who could not take them; the API's: `ingest`.")]
WithStatus = Annotated[AnyStatus, QueryParameter(description="What became of them.")]
Player = Annotated[
    str | None,
    QueryParameter(
        description="The player they are about.",
        min_length=1,
        max_length=200,
        pattern=PERSONAL_PATTERN,
    ),
]
Limit = Annotated[int, limit_of("letters")]
DryRun = Annotated[bool, QueryParameter(description="Tell what would change, and change nothing.")]


class Retrial(msgspec.Struct, frozen=True, kw_only=True):
    """A letter after its retry; or after a dry run as it stays, with what a retry would change."""

    letter: DeadLetter
    changes: Sequence[Change] | None = None


@query("/", "listDeadLetters", "Events that could not be taken", 403, 422)
async def list_letters(
    request: Request,
    consumer: Of = "any",
    status: WithStatus = "any",
    player: Player = None,
    limit: Limit = 100,
    before: Before = None,
) -> DeadLetterPage:
    """List players' events that the API refused or a consumer could not take, the latest first."""
    wanted = Wanted(
        consumer=None if consumer == "any" else consumer,
        status=None if status == "any" else status,
        player=player,
    )
    letters = services_of(request).queries(DEAD_LETTERS)
    page = await letters.page(wanted, limit, before and before.replace(":", "/"))
    return DeadLetterPage(
        letters=[_shown(letter) for letter in page.letters],
        before=page.before and _in_address(page.before),
    )


@query("/{letter_id:str}", "getDeadLetter", "An event that could not be taken", 403, 404)
async def get_letter(request: Request, letter_id: PathKey) -> DeadLetter:
    """Show an event that could not be taken, why, and what became of it."""
    return _shown(await services_of(request).part(DeadLetterRepairs).show(letter_id))


@put(
    "/{letter_id:str}/event",
    operation_id="editDeadLetter",
    summary="Repair an event",
    request_max_body_size=BATCH_LIMIT_BYTES,
    responses=documented(400, 403, 404, 409, 413, 415, 422),
)
async def edit_letter(request: Request, letter_id: PathKey, data: JSONBody[Repair]) -> DeadLetter:
    """Put an event as it should have been in the place of the one that could not be taken.

    It takes effect when it is retried. Of an event that could be read, `player_id`, `event_id` and
    `ingested_at` stay, since they say which event it is; the latter two need not be given.
    """
    letters = services_of(request).part(DeadLetterRepairs)
    return _shown(await letters.edit(letter_id, data, request.user.user_id))


@post(
    "/{letter_id:str}/retry",
    status_code=200,
    operation_id="retryDeadLetter",
    summary="Try an event again",
    responses=documented(400, 403, 404, 409, 422),
)
async def retry_letter(request: Request, letter_id: PathKey, dry_run: DryRun = False) -> Retrial:
    """Let everybody take the event again, edited or as it was; however often, it counts once.

    If it fails again, the letter is open again.
    """
    letters, by = services_of(request).part(DeadLetterRepairs), request.user.user_id
    if dry_run:
        changes = await letters.preview([letter_id], by)
        return Retrial(letter=_shown(await letters.show(letter_id)), changes=changes)
    (letter,) = await letters.retry([letter_id], by)
    return Retrial(letter=_shown(letter))


@post(
    "/{letter_id:str}/drop",
    status_code=200,
    operation_id="dropDeadLetter",
    summary="Give an event up",
    responses=documented(400, 403, 404, 409),
)
async def drop_letter(request: Request, letter_id: PathKey) -> DeadLetter:
    """Note that nobody will try this event again."""
    letters, by = services_of(request).part(DeadLetterRepairs), request.user.user_id
    (letter,) = await letters.drop([letter_id], by)
    return _shown(letter)


def _shown(letter: DeadLetter) -> DeadLetter:
    return msgspec.structs.replace(letter, id=_in_address(letter.id))


def _in_address(id: str) -> str:
    """A slash would end a part of an address."""
    return id.replace("/", ":")


router = Router(
    path="/api/v1/dead-letters",
    route_handlers=[list_letters, get_letter, edit_letter, retry_letter, drop_letter],
    guards=[only("admin")],
)
