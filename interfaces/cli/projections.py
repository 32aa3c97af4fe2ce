"""`gamehall projections`: where the read models stand, rebuild and verify them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.bootstrap.workers import PROJECTIONS
from interfaces.cli.common import (
    Group,
    human,
    json_option,
    print_json,
    print_pairs,
    print_table,
    settings,
    show,
)

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from application.ports.projections import Difference
    from application.rebuild import Begin, Built, OnProgress, RebuildProgress
    from application.upkeep import ReadModelStatus, Upkeep
    from interfaces.settings import Settings

FIRST_DIFFERENCES = 5
VALUE_CHARACTERS = 120


@click.group(cls=Group)
def projections() -> None:
    """Look at read models, rebuild them from the log, compare them with it."""


name_argument = click.argument("name", type=click.Choice(PROJECTIONS))
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that fold the log, each some of its partitions.",
)


@projections.command("list")
@json_option
def list_projections(as_json: bool) -> None:
    """List the read models: generation, lag, parked streams."""
    found = _statuses()
    rows = [(s.name, s.generation or "none yet", s.lag, s.parked) for s in found]
    columns = ["projection", "generation", "records behind", "parked streams"]
    data = [{"name": n, "generation": g, "lag": lag, "parked": p} for n, g, lag, p in rows]
    show(data, as_json, lambda: print_table(columns, rows))


@projections.command()
@json_option
def lag(as_json: bool) -> None:
    """Show how far each read model is behind each shard of the log."""
    found = _statuses()
    rows = [
        (s.name, shard.topic, shard.partition, shard.offset, shard.end, shard.lag)
        for s in found
        for shard in s.shards
    ]
    columns = ["projection", "topic", "partition", "offset", "end", "lag"]
    show(found, as_json, lambda: print_table(columns, rows))


@projections.command()
@name_argument
@json_option
def parked(name: str, as_json: bool) -> None:
    """List the streams that a read model has parked, and since which event."""
    with _read_model(name, _settings(name)) as model:
        found = model.parked()
    data = [each._asdict() for each in found]
    show(data, as_json, lambda: print_table(["topic", "stream", "since", "reason"], found))


@projections.command()
@name_argument
@jobs_option
@json_option
def rebuild(name: str, jobs: int, as_json: bool) -> None:
    """Build NAME afresh beside the live one, compare the two, and swap; queries go on."""
    chosen = _settings(name)
    begin = _begin(name, chosen, jobs, sends=True)
    with _read_model(name, chosen) as model:
        rebuild = partial(model.rebuild, begin=begin)
        built = _watched(f"Rebuilding {name}", rebuild, hidden=as_json)
    _print_built(name, built, as_json, "was rebuilt from")


@projections.command()
@name_argument
@jobs_option
@json_option
@click.pass_context
def verify(context: click.Context, name: str, jobs: int, as_json: bool) -> None:
    """Fold the log afresh and compare NAME with it; exit with 1 if they differ."""
    chosen = _settings(name)
    begin = _begin(name, chosen, jobs, sends=False)
    with _read_model(name, chosen) as model:
        built = _watched(f"Verifying {name}", partial(model.verify, begin=begin), hidden=as_json)
    if not built.compared:
        raise click.ClickException(f"There is no read model {name} yet; its worker builds it.")
    _print_built(name, built, as_json, "was compared with")
    context.exit(1 if built.different else 0)


def _begin(name: str, chosen: "Settings", jobs: int, *, sends: bool) -> "Begin | None":
    """Who folds the log first: so many processes, or none but the one that compares and swaps."""
    from interfaces.bootstrap.workers import declared

    if jobs == 1:
        return None
    if not declared(name).divides:
        raise click.ClickException(f"{name} is folded by one process; leave out --jobs.")
    from interfaces.bootstrap.shared_rebuild import shared_by

    return shared_by(chosen, name, jobs, sends=sends)


def _statuses() -> "list[ReadModelStatus]":
    chosen = settings("kafka", "postgres", "redis")
    return [_status(name, chosen) for name in PROJECTIONS]


def _status(name: str, chosen: "Settings") -> "ReadModelStatus":
    with _read_model(name, chosen) as model:
        return model.status()


def _settings(name: str) -> "Settings":
    from interfaces.bootstrap.workers import declared

    return settings("kafka", *declared(name).stores)


@contextmanager
def _read_model(name: str, chosen: "Settings") -> "Iterator[Upkeep]":
    from application.ports.projections import GenerationLost, PositionConflict, RebuildRunning
    from interfaces.bootstrap.read_models import upkeep
    from interfaces.bootstrap.workers import declared
    from interfaces.garbage import collect_garbage_rarely

    collect_garbage_rarely()

    try:
        with ExitStack() as held:
            yield upkeep(chosen, declared(name), held)
    except RebuildRunning as error:
        raise click.ClickException(str(error)) from error
    except (PositionConflict, GenerationLost) as error:
        raise click.ClickException(
            f"The read model {name} was swapped or deleted by someone else meanwhile; try again."
        ) from error


def _watched(title: str, build: "Callable[[OnProgress], Built]", *, hidden: bool) -> "Built":
    """Show a bar while something is built, and at its end what it came to."""
    with _bar(hidden=hidden) as bar:
        task = bar.add_task(title, total=None, events=0, rate=0.0)

        def report(progress: "RebuildProgress") -> None:
            done, total, events = progress
            rate = _rate(events, bar.tasks[0].elapsed or 1.0)
            bar.update(task, completed=done, total=total, events=events, rate=rate)

        built = build(report)
        # What is built in a moment, or from no event at all, may have reported nothing.
        rate = _rate(built.events, built.seconds)
        bar.update(task, completed=1, total=1, events=built.events, rate=rate)
    return built


def _bar(*, hidden: bool) -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    return Bar(*columns, console=Console(stderr=True), disable=hidden)


def _rate(events: int, seconds: float) -> float:
    return events / max(seconds, 0.001)


def _print_built(name: str, built: "Built", as_json: bool, did: str) -> None:
    if as_json:
        examples = [each._asdict() for each in built.examples]
        print_json(built._asdict() | {"examples": examples})
        return
    rate = _rate(built.events, built.seconds)
    click.echo(
        f"{name} {did} {built.events:,} events in {built.seconds:.1f} s ({rate:,.0f}/s); "
        f"{_verdict(built)}"
    )
    if built.different:
        print_pairs({place: f"{count:,}" for place, count in built.places.items()})
        print_first(built.examples, built.different)


def _verdict(built: "Built") -> str:
    if not built.compared:
        return "there was none to compare with."
    if not built.different:
        return "every value is the same as before."
    return f"{built.different:,} values differed, in"


def print_first(examples: "Sequence[Difference]", different: int) -> None:
    """Print the first of so many differences, each as a sentence."""
    click.echo("The first of them:")
    for each in examples[:FIRST_DIFFERENCES]:
        click.echo(f"  {_told(each)}.")
    if (more := different - FIRST_DIFFERENCES) > 0:
        click.echo(f"  … and {more:,} more; --json tells the first {len(examples)} whole.")


def _told(difference: "Difference") -> str:
    key, field, live, folded = difference
    name = key if field == "*" else f"{key}, {field}"
    if live is None:
        return f"{name} is not there; the log says {_short(folded)}"
    if folded is None:
        return f"{name} is {_short(live)}, of which the log knows nothing"
    return f"{name} is {_short(live)}; the log says {_short(folded)}"


def _short(value: object) -> str:
    text = human(value)
    return text if len(text) <= VALUE_CHARACTERS else f"{text[: VALUE_CHARACTERS - 1]}…"
