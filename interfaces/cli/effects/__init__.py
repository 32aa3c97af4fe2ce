"""`gamehall effects`: rules, and what became of their effects."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import rich_click as click

from interfaces.cli.common import (
    Group,
    json_option,
    print_json,
    print_pairs,
    print_table,
    settings,
    show,
)
from interfaces.cli.operators import asking, by_option

STATUSES = click.Choice(
    ["attempted", "waiting", "unknown", "parked", "accepted", "rejected", "dropped"]
)
EFFECTS_PATH = "/api/v1/effects"

SHIPPED = Path(__file__).with_name("queue.json")
"""Rules for waiting rooms: a counter of joins, a mail to who joins, and a message to the room."""

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Tell what would change, and change nothing."
)


@click.group(cls=Group)
def effects() -> None:
    """Have something done when something happens, and see what became of it."""


@effects.command("rules")
@json_option
def list_rules(as_json: bool) -> None:
    """List rules, and how each stands."""
    found = asking().get(f"{EFFECTS_PATH}/rules")["rules"]
    columns = ["rule", "on", "type", "kind", "status"]
    rows = [(x["name"], x["on"], x["type"] or "", x["action"]["kind"], x["status"]) for x in found]
    show(found, as_json, lambda: print_table(columns, rows))


@effects.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--last",
    type=click.IntRange(min=1, max=10_000),
    default=1_000,
    show_default=True,
    help="With --dry-run: how many of the last events to look at.",
)
@dry_run_option
@by_option
@json_option
def add(file: IO[bytes], last: int, dry_run: bool, by: str, as_json: bool) -> None:
    """Add the rule in FILE (- for standard input).

    With --dry-run, tell on how many of the last events of its topic it would have held, and what
    would have been done; nothing is.
    """
    from interfaces.bootstrap.effects.files import RULES_PATH, rules_in

    for rule in rules_in(file.read()):
        if dry_run:
            told = asking(by).post(f"{EFFECTS_PATH}/rehearsals", rule, last=last)
            show(told, as_json, lambda told=told: _print_rehearsal(told))  # type: ignore[misc]
        else:
            view = asking(by).post(RULES_PATH, rule)
            show(view, as_json, lambda view=view: _print_rule(view))  # type: ignore[misc]


@effects.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--shipped", is_flag=True, help="Take the rules that come with the hall.")
@by_option
@json_option
@click.pass_context
def apply(
    context: click.Context, file: IO[bytes] | None, shipped: bool, by: str, as_json: bool
) -> None:
    """Have the rules in FILE hold: add those that are missing, change those that differ.

    Doing it again changes nothing, and rules that are not in the file stay. A rule that was removed
    is told of and the others are applied all the same; exit with 1 then.
    """
    from interfaces.bootstrap.effects.files import apply as apply_rules
    from interfaces.bootstrap.effects.files import rules_in

    if (file is None) != shipped:
        raise click.UsageError("Name a file, or say --shipped.")
    content = SHIPPED.read_bytes() if file is None else file.read()
    is_whole = True
    for applied in apply_rules(asking(by), rules_in(content)):
        is_whole &= applied.done != "not applied"
        if as_json:
            print_json(applied._asdict())
        else:
            why = f": {applied.reason}" if applied.reason else ""
            click.echo(f"{applied.rule}: {applied.done}{why}")
    context.exit(0 if is_whole else 1)


@effects.command()
@click.argument("name")
@by_option
@json_option
def pause(name: str, by: str, as_json: bool) -> None:
    """Let the events of the rule NAME wait."""
    view = asking(by).post(f"{_rule(name)}/pause")
    show(view, as_json, lambda: _print_rule(view))


@effects.command()
@click.argument("name")
@by_option
@json_option
def resume(name: str, by: str, as_json: bool) -> None:
    """Go on with the events of the rule NAME that waited."""
    view = asking(by).post(f"{_rule(name)}/resume")
    show(view, as_json, lambda: _print_rule(view))


@effects.command()
@click.argument("name")
@by_option
@json_option
def remove(name: str, by: str, as_json: bool) -> None:
    """Do nothing by the rule NAME any more; no other is ever called so."""
    view = asking(by).delete(_rule(name))
    show(view, as_json, lambda: _print_rule(view))


@effects.command("list")
@click.option("--rule", metavar="NAME", help="The rule that they are of.")
@click.option("--status", type=STATUSES, help="What became of them.")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=1_000),
    default=100,
    show_default=True,
    help="How many.",
)
@json_option
def list_effects(rule: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List effects, the newest first."""
    found = asking().get(EFFECTS_PATH, rule=rule, status=status, limit=limit)["effects"]
    columns = ["effect", "target", "status", "attempts", "reason"]
    rows = [(x["id"], x["target"], _status(x), x["attempts"], x["reason"]) for x in found]
    show(found, as_json, lambda: print_table(columns, rows))


@effects.command("show")
@click.argument("effect")
@json_option
def show_effect(effect: str, as_json: bool) -> None:
    """Show EFFECT, or the rule of that name, and how it stands."""
    if ":" in effect:
        found = asking().get(_effect(effect))
        show(found, as_json, lambda: print_pairs(_told(found)))
    else:
        standing = asking().get(_rule(effect))
        show(standing, as_json, lambda: _print_standing(standing))


@effects.command()
@click.argument("ids", nargs=-1, required=True, metavar="EFFECT...")
@dry_run_option
@by_option
@json_option
def retry(ids: tuple[str, ...], dry_run: bool, by: str, as_json: bool) -> None:
    """Try effects again that are unknown or parked, though it may be a second time."""
    _decide("retry", ids, dry_run=dry_run, by=by, as_json=as_json)


@effects.command()
@click.argument("ids", nargs=-1, required=True, metavar="EFFECT...")
@dry_run_option
@by_option
@json_option
def drop(ids: tuple[str, ...], dry_run: bool, by: str, as_json: bool) -> None:
    """Let effects be that are open; nobody tries them again."""
    _decide("drop", ids, dry_run=dry_run, by=by, as_json=as_json)


@effects.command()
@click.argument("name", required=False)
@click.option("--sms", is_flag=True, help="That of the gateway for text messages.")
@json_option
def secret(name: str | None, sms: bool, as_json: bool) -> None:
    """Show the secret that webhooks of the rule NAME are signed with.

    It is derived from the secret of the hall, and the same whether or not there is such a rule.
    """
    if bool(name) == sms:
        raise click.UsageError("Name a rule, or --sms.")
    from application.effects.signing import SMS_GATEWAY, secret_of

    text = secret_of(settings().signing_secret(), SMS_GATEWAY if sms else name or "")
    show({"secret": text}, as_json, lambda: click.echo(text))


def _decide(word: str, ids: Sequence[str], *, dry_run: bool, by: str, as_json: bool) -> None:
    api = asking(by)
    for id in ids:
        view = api.post(f"{_effect(id)}/{word}", dry_run=dry_run or None)
        if as_json:
            print_json(view)
        else:
            click.echo(f"{view['effect']}: {'would be ' * dry_run}{view['status']}")


def _rule(name: str) -> str:
    from interfaces.bootstrap.ask_api import in_path

    return f"{EFFECTS_PATH}/rules/{in_path(name)}"


def _effect(id: str) -> str:
    from interfaces.bootstrap.ask_api import in_path

    return f"{EFFECTS_PATH}/{in_path(id)}"


def _status(effect: Mapping[str, Any]) -> str:
    return f"{effect['status']}{' (may be done)' * bool(_is_doubtful(effect))}"


def _is_doubtful(effect: Mapping[str, Any]) -> bool:
    return bool(effect["doubted"]) and effect["status"] != "accepted"


def _told(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pairs.items() if value not in (None, "")}


def _print_rule(view: Mapping[str, Any]) -> None:
    of = f" of the type {view['type']}" if view["type"] else ""
    click.echo(f"{view['name']}: {view['action']['kind']} on {view['topic']}{of}, {view['status']}")


def _print_standing(standing: Mapping[str, Any]) -> None:
    print_pairs(_told(standing["rule"]))
    for each in standing["open"]:
        click.echo(f"  {each['status']}: {each['count']}, the oldest since {each['oldest']}")


def _print_rehearsal(told: Mapping[str, Any]) -> None:
    click.echo(f"It would have held on {told['matching']} of the last {told['events']} events.")
    for reason, count in told["impossible"].items():
        click.echo(f"  {count} would be rejected: {reason}")
    for sample in told["samples"]:
        click.echo(f"  {sample['position']}  {sample['action']}")


COMMANDS = (effects,)
