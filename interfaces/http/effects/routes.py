"""Rules, and what became of their effects."""

from typing import Annotated

import msgspec
from litestar import Response, Router, delete, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter

from application.effects.checking import NewRule, RuleChange
from application.effects.desk import MOST_REHEARSED, Rehearsal, RuleDesk
from domain.categories import EFFECTS
from domain.effects.ledger import (
    DropEffect,
    EffectNotOpen,
    EffectStatus,
    EffectView,
    RetryEffect,
)
from domain.effects.names import RuleName, place_of, rule_of
from domain.effects.rule import (
    PauseRule,
    RemoveRule,
    ResumeRule,
    RuleCommand,
    RuleNotFound,
    RuleView,
    gone_with,
)
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import (
    POSITION_HEADER,
    CommandContext,
    carry_out,
    provide_context,
)
from interfaces.http.platform.freshness import caught_up, found, read_after_of
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer
from interfaces.http.platform.parameters import Before, PathKey, limit_of
from interfaces.http.platform.problems import Problem, documented
from interfaces.http.platform.routes import command, of_whole_addresses, order, query
from interfaces.http.platform.services import services_of
from projections.effects import EFFECT_LEDGER
from projections.effects.queries import EffectPage, ListedEffect, ListedRule, OpenCount

AfterEffect = Annotated[str | None, read_after_of(EFFECTS.topic)]
OfRule = Annotated[
    str | None,
    QueryParameter(
        description="The rule that they are of.",
        min_length=1,
        max_length=60,
        pattern=r"^[a-z][a-z0-9_-]*$",
    ),
]
WithStatus = Annotated[EffectStatus | None, QueryParameter(description="What became of them.")]
Last = Annotated[
    int,
    QueryParameter(ge=1, le=MOST_REHEARSED, description="How many of the last events to look at."),
]
Limit = Annotated[int, limit_of("effects")]
DryRun = Annotated[bool, QueryParameter(description="Tell what would change, and change nothing.")]
GUARDS = [only("admin")]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule, by name."""

    rules: list[ListedRule]


class RuleStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, and how many of its effects are open."""

    rule: ListedRule
    open: list[OpenCount]


# -- rules -----------------------------------------------------------------------------------------


@query("/rules", "listRules", "Every rule", 403, guards=GUARDS)
async def list_rules(request: Request, read_after: AfterEffect = None) -> Rules:
    """List the rules that there are, by name."""
    return Rules(rules=await (await caught_up(request, EFFECT_LEDGER, read_after)).rules())


@command("/rules", "addRule", "Add a rule", 403, 409, status=201, guards=GUARDS)
async def add_rule(
    request: Request, data: JSONBody[NewRule], context: NamedDependency[CommandContext]
) -> Response[RuleView]:
    """Have something done on events of a topic, from now, the beginning or a time on.

    The same again changes nothing.
    """
    there = {each.name for each in await services_of(request).queries(EFFECT_LEDGER).rules()}
    added = await services_of(request).part(RuleDesk).add(data, there)
    return await carry_out(request, context, added, status=201)


@order("/rehearsals", "rehearseRule", "Try a rule", 403, 413, 415, 422, guards=GUARDS)
async def rehearse_rule(request: Request, data: JSONBody[NewRule], last: Last = 1_000) -> Rehearsal:
    """Tell what a rule would have done on the last events of its topic, and do nothing."""
    return await services_of(request).part(RuleDesk).rehearse(data, last)


@query("/rules/{rule:str}", "getRule", "A rule", 403, 404, guards=GUARDS)
async def get_rule(request: Request, rule: PathKey, read_after: AfterEffect = None) -> RuleStanding:
    """Show a rule, and how many of its effects are open."""
    queries = await caught_up(request, EFFECT_LEDGER, read_after)
    there = found(await queries.rule(rule), "rule-not-found", f"There is no rule {rule!r}.")
    return RuleStanding(rule=there, open=await queries.open(rule))


@put(
    "/rules/{rule:str}",
    operation_id="changeRule",
    summary="Change a rule",
    response_headers=[POSITION_HEADER],
    responses=documented(400, 403, 404, 409, 413, 415, 422),
    guards=GUARDS,
)
async def change_rule(
    request: Request,
    rule: PathKey,
    data: JSONBody[RuleChange],
    context: NamedDependency[CommandContext],
) -> Response[RuleView]:
    """Have something else done, or on other events of its topic, of those that are not taken yet.

    An effect that is tried again is done as the rule says then.
    """
    there = await services_of(request).queries(EFFECT_LEDGER).rule(rule)
    known = found(there, "rule-not-found", f"There is no rule {rule!r}.")
    changed = services_of(request).part(RuleDesk).change(rule, known.on, data)
    return await carry_out(request, context, changed)


@delete(
    "/rules/{rule:str}",
    status_code=200,
    operation_id="removeRule",
    summary="Remove a rule",
    response_headers=[POSITION_HEADER],
    responses=documented(400, 403, 404, 409),
    guards=GUARDS,
)
async def remove_rule(
    request: Request, rule: PathKey, context: NamedDependency[CommandContext]
) -> Response[RuleView]:
    """Have nothing done any more; no other rule is ever called so."""
    return await _carry_out(request, context, RemoveRule(rule=rule))


@command("/rules/{rule:str}/pause", "pauseRule", "Pause a rule", 403, 404, 409, guards=GUARDS)
async def pause_rule(
    request: Request, rule: PathKey, context: NamedDependency[CommandContext]
) -> Response[RuleView]:
    """Let its events wait."""
    return await _carry_out(request, context, PauseRule(rule=rule))


@command("/rules/{rule:str}/resume", "resumeRule", "Resume a rule", 403, 404, 409, guards=GUARDS)
async def resume_rule(
    request: Request, rule: PathKey, context: NamedDependency[CommandContext]
) -> Response[RuleView]:
    """Go on with the events that waited."""
    return await _carry_out(request, context, ResumeRule(rule=rule))


async def _carry_out(
    request: Request, context: CommandContext, command: RuleCommand
) -> Response[RuleView]:
    """Have a decision made about a rule; what cannot be the name of one leads nowhere."""
    try:
        msgspec.convert(command.rule, RuleName)
    except msgspec.ValidationError:
        raise _no_rule(command.rule) from None
    return await carry_out(request, context, command)


def _no_rule(name: str) -> RuleNotFound:
    return RuleNotFound(f"There is no rule {name!r}.")


# -- effects ---------------------------------------------------------------------------------------


@query("/", "listEffects", "What became of effects", 403, 422, guards=GUARDS)
async def list_effects(
    request: Request,
    rule: OfRule = None,
    status: WithStatus = None,
    limit: Limit = 100,
    before: Before = None,
    read_after: AfterEffect = None,
) -> EffectPage:
    """List effects, the newest first: all that are open, and those of the last days that are final.

    Those that were accepted are listed for seven days, others for thirty.
    """
    queries = await caught_up(request, EFFECT_LEDGER, read_after)
    return await queries.page(rule, status, limit, before)


@query("/{effect_id:str}", "getEffect", "An effect", 403, 404, guards=GUARDS)
async def get_effect(
    request: Request, effect_id: PathKey, read_after: AfterEffect = None
) -> ListedEffect:
    """Show an effect, and what became of it."""
    queries = await caught_up(request, EFFECT_LEDGER, read_after)
    return found(await queries.effect(effect_id), "effect-not-found", _missing(effect_id))


@command(
    "/{effect_id:str}/retry", "retryEffect", "Try an effect again", 403, 404, 409, guards=GUARDS
)
async def retry_effect(
    request: Request,
    effect_id: PathKey,
    context: NamedDependency[CommandContext],
    dry_run: DryRun = False,
) -> Response[EffectView]:
    """Have an effect tried again that is unknown or parked, though it may be a second time."""
    line, seq = _place(effect_id)
    await _require_rule(request, rule_of(line))
    if dry_run:
        return await _would_be(request, effect_id, "waiting")
    return await carry_out(request, context, RetryEffect(line=line, seq=seq))


@command("/{effect_id:str}/drop", "dropEffect", "Let an effect be", 403, 404, 409, guards=GUARDS)
async def drop_effect(
    request: Request,
    effect_id: PathKey,
    context: NamedDependency[CommandContext],
    dry_run: DryRun = False,
) -> Response[EffectView]:
    """Have an effect that is open tried no more, whether it has happened or not."""
    line, seq = _place(effect_id)
    if dry_run:
        return await _would_be(request, effect_id, "dropped")
    return await carry_out(request, context, DropEffect(line=line, seq=seq))


async def _require_rule(request: Request, name: str) -> None:
    """Nobody tries anything for a rule that was removed, even while its effects are open."""
    rule = await services_of(request).queries(EFFECT_LEDGER).rule(name)
    if rule is not None and rule.status == "removed":
        raise gone_with(name)


async def _would_be(request: Request, effect_id: str, status: EffectStatus) -> Response[EffectView]:
    effect = await services_of(request).queries(EFFECT_LEDGER).effect(effect_id)
    known = found(effect, "effect-not-found", _missing(effect_id))
    if known.status not in ("waiting", "unknown", "parked"):
        raise EffectNotOpen(
            f"There is nothing to decide about {effect_id!r}: it is {known.status}."
        )
    return Response(EffectView(effect=effect_id, status=status))


def _place(effect_id: str) -> tuple[str, int]:
    try:
        return place_of(effect_id)
    except ValueError as error:
        raise Problem(404, "effect-not-found", str(error)) from None


def _missing(effect_id: str) -> str:
    return f"There is no effect {effect_id!r}, or it was final long ago."


router = of_whole_addresses(
    Router(
        path="/api/v1/effects",
        route_handlers=[
            list_rules,
            add_rule,
            rehearse_rule,
            get_rule,
            change_rule,
            remove_rule,
            pause_rule,
            resume_rule,
            list_effects,
            get_effect,
            retry_effect,
            drop_effect,
        ],
        dependencies={"context": Provide(provide_context)},
    )
)

SEE = Link("getRule", "See the rule.", {"path.rule": in_answer("name")} | AFTER_THIS)
LINKS = {"addRule": (SEE,)}
