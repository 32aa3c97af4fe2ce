"""Writes into the reference what the code knows better: `python -m tests.docs.reference`.

A page marks the places with `<!-- from the code: NAME -->` and `<!-- end -->`; what stands between
belongs to the writer of that name here, everything else to whoever writes the page.
"""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import types
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import rich_click as click
from pydantic_core import PydanticUndefined

import application
import domain
import infra.eventlog
import interfaces.http
from application.envelopes import ForeignRefusal
from application.outbox import Outbox
from application.topics import Topic
from domain.aggregate import Aggregate
from domain.categories import CATEGORIES
from domain.events import DomainEvent
from domain.personal import Sealed
from domain.refusals import Refusal
from infra.eventlog.recorders.events import Stored, Tracked
from infra.kafka.topics import DAY_MS, settings_of
from interfaces import settings
from interfaces.bootstrap import workers
from interfaces.bootstrap.topics import declared
from interfaces.cli import gamehall
from interfaces.http.app import FEATURES, describe
from interfaces.http.platform.openapi import examples_of
from tests.docs import limits, pictures, recorders
from tests.docs.markdown import ROOT

FOLDER = ROOT / "docs" / "reference"
GOLDEN = ROOT / "tests" / "golden"
PLACE = re.compile(
    r"(?P<mark><!-- from the code: (?P<name>[a-z-]+) -->\n).*?(?=<!-- end -->)", re.DOTALL
)

PROBLEMS = {
    "another-origin": "A page of another address asks with a cookie, or would sign somebody in.",
    "body-too-slow": "The body did not arrive within 10 seconds.",
    "challenge-accepted": "Somebody has accepted the challenge already.",
    "event-not-found": "There is no such event.",
    "game-goes-on": "The game is not over, and nobody is helped while it goes on.",
    "game-not-begun": "On a socket: a table was closed before its game could be told; seek again.",
    "history-not-found": "It was not there at that moment, or never.",
    "history-too-long": "It has more events than a request looks through; the command line does.",
    "history-unreadable": "It has an event that only a newer program can read.",
    "incomplete-request": "The request ended in the middle of its body.",
    "internal-error": "Something went wrong that nobody foresaw; it is in the log of the API.",
    "invalid-cursor": "`before` is not from a page of this list.",
    "invalid-event": "An event does not fit; `errors` says which field, and why.",
    "invalid-idempotency-key": "The `Idempotency-Key` is empty, too long or not printable ASCII.",
    "invalid-position": "`Read-After` or `position` is none, or none that the query follows.",
    "invalid-range": "A range of days ends before it begins, or has more than 366.",
    "invalid-request": "A field or parameter does not fit; `errors` says which, and why.",
    "invalid-time": "`time` is no time with an offset from UTC.",
    "link-not-good": "A link to sign in with has been used, has expired, or is none of this hall.",
    "malformed-encoding": "The body is not packed as its `Content-Encoding` says.",
    "malformed-json": "The body is not JSON.",
    "method-not-allowed": "The address does not take this method.",
    "no-challenge": "A challenge is too old, or none of this hall.",
    "no-game": "On a socket: a move names no game, and the player is in none.",
    "no-guests": "The hall takes no guests.",
    "no-provider": "The hall has no identity provider.",
    "not-a-name": "A guest cannot be called that.",
    "not-caught-up": "The read model did not reach the `Read-After` position in time; ask again.",
    "not-found": "There is nothing at this address.",
    "not-in-line": "On the page of a waiting room: this browser has no place in its line.",
    "not-ready": "`/health/ready`: `checks` says what is missing, `ready` what goes on.",
    "not-yourself": "A player's token was used to act for somebody else.",
    "pass-refused": "A pass is forged, expired, or of another hall; `detail` says which.",
    "player-not-found": "The player has finished no game, or had no event.",
    "position-elsewhere": "What is looked at is in another shard than the `position`.",
    "only-a-bot": "A bot plays whoever looks for a game alone, and takes no offers.",
    "priority-not-granted": "The token does not grant that much priority.",
    "repeated-step": "A funnel names a step twice.",
    "several-games": "On a socket: a move names no game, and the player is in several.",
    "too-large": "The body is larger than the address takes.",
    "too-many-from-address": "Too many requests of one network address are in progress.",
    "too-many-games": "On a socket: it watches as many games as it may.",
    "too-many-requests": "Too many at a time; `Retry-After` says when to come back.",
    "too-many-sign-ins": "Too many have tried to sign in from one network address.",
    "too-many-visitors": "Too many have come to pages of waiting rooms from one network address.",
    "unauthenticated": "There is no token, or it is expired, a bot's or not one of ours.",
    "unavailable": "Kafka or a read model does not answer; repeat after `Retry-After` seconds.",
    "unsupported-encoding": "The body is packed in another way than gzip or zstd.",
    "unsupported-media-type": "The body does not say that it is `application/json`.",
    "wrong-scope": "This takes a token of another scope.",
}

STATUS_OF = {"bad_request": 400, "forbidden": 403, "unavailable": 503}


def table(columns: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in row)} |"


# -- settings --------------------------------------------------------------------------------------


def settings_table() -> Iterator[str]:
    """Every setting."""
    said = docstrings_of_fields(settings.Settings)
    fields = settings.Settings.model_fields
    yield from table(
        ["variable", "takes", "by default", "what it is"],
        (
            (
                f"`{settings.PREFIX}{name.upper()}`",
                settings.takes(name),
                default_of(field.default),
                said[name],
            )
            for name, field in fields.items()
        ),
    )


def default_of(value: object) -> str:
    """A default as a person would set it."""
    unset = value is None or value is PydanticUndefined or value in ((), {})
    return "" if unset else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def docstrings_of_fields(kind: type) -> dict[str, str]:
    """The strings that stand below the fields of a class."""
    (found,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(found, ast.ClassDef)
    said: dict[str, str] = {}
    for field, below in zip(found.body, found.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                said[name] = one_line(text)
    return said


# -- events ----------------------------------------------------------------------------------------


def events_catalogue() -> Iterator[str]:
    """Every event of every aggregate, with its fields and its golden sample."""
    for category in CATEGORIES:
        held: type[Aggregate] | None = None
        for event, holder in category.evolvers.items():
            if holder is not held:
                held = holder
                word = event.wire_name().partition(".")[0]
                about = next(paragraphs(holder.__doc__ or ""))
                yield from (f"## {word}, in `{category.topic}`", "", about, "")
            yield from event_section(event)


def event_section(event: type[DomainEvent]) -> Iterator[str]:
    """One event."""
    yield from (f"### `{event.wire_name()}`", "", f"`{event.__name__}`.")
    yield from paragraphs(event.__doc__ or "")
    yield ""
    yield from fields_table(event)
    yield ""
    for sample in sorted(GOLDEN.glob(f"{event.wire_name()}*.json")):
        yield from ("```json", sample.read_text().strip(), "```", "")
    yield from former_versions(event)


def fields_table(event: type[DomainEvent]) -> Iterator[str]:
    """What an event tells, beyond what every event does."""
    hints = get_type_hints(event)
    own = [name for name in event.__struct_fields__ if name not in DomainEvent.__struct_fields__]
    yield from table(["field", "type"], ((f"`{n}`", type_name(hints[n])) for n in own))


def former_versions(event: type[DomainEvent]) -> Iterator[str]:
    """How an event was written before."""
    for former, _ in event.upcasts():
        yield from (f"#### `{former.wire_name()}`", "", "Still read, as the above.")
        yield from paragraphs(former.__doc__ or "")
        yield ""
        yield from fields_table(former)
        yield ""


def type_name(hint: Any) -> str:
    """A type as JSON has it."""
    names = {
        str: "text",
        bytes: "base64",
        int: "integer",
        float: "number",
        bool: "`true`, `false`",
        datetime: "time (RFC 3339)",
        Sealed: "[sealed text](glossary.md)",
    }
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in {Union, types.UnionType}:
        return " or ".join(type_name(each) for each in arguments)
    if origin is list:
        return f"list of {type_name(arguments[0])}"
    if origin is tuple:
        return f"[{', '.join(type_name(each) for each in arguments)}]"
    if hint not in names and isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return f"object of {', '.join(hint.__struct_fields__)}"
    return "null" if hint is type(None) else names[hint]


# -- topics ----------------------------------------------------------------------------------------


def topics_table() -> Iterator[str]:
    """Every topic as `gamehall topics create` makes it by default."""
    yield from table(
        ["topic", "partitions", "kept", "key", "written by", "what it holds"],
        (
            (
                f"`{topic.name}`",
                topic.partitions,
                kept(settings_of(topic.kind, 1)),
                topic.key,
                topic.written_by,
                topic.holds,
            )
            for topic in declared(settings.Settings.model_fields["log_partitions"].default)
        ),
    )


def kept(config: Any) -> str:
    """How long a topic's records are kept."""
    if config.get("cleanup.policy") == "compact":
        return "the newest of each key"
    milliseconds = int(config["retention.ms"])
    return "for ever" if milliseconds < 0 else f"{milliseconds // DAY_MS} days"


def public_messages() -> Iterator[str]:
    """What the relay makes of every golden sample."""
    for outbox in workers.declared("relay"):
        for topic in outbox.topics:
            yield from (f"### `{topic.name}`", "")
            for event, value in published(outbox, topic):
                yield from (f"Of `{event.wire_name()}`:", "", "```json", value, "```", "")


def published(outbox: Outbox, topic: Topic) -> Iterator[tuple[type[DomainEvent], str]]:
    """The golden samples that are told on a topic, and how."""
    for category in CATEGORIES:
        for event in category.evolvers:
            sample = (GOLDEN / f"{event.wire_name()}.json").read_bytes()
            outgoing = outbox.publish(msgspec.json.decode(sample, type=event))
            if outgoing is not None and outgoing.topic == topic.name:
                yield event, msgspec.json.format(outgoing.value, indent=2).decode()


def window_message() -> Iterator[str]:
    """What is told of a window of games, whose shape is that of the API."""
    example = msgspec.json.encode(dict(examples_of(FEATURES))["GameWindow"])
    yield from ("```json", msgspec.json.format(example, indent=2).decode(), "```")


# -- HTTP ------------------------------------------------------------------------------------------


def routes_table() -> Iterator[str]:
    """Every address."""
    paths = json.loads(describe())["paths"]
    yield from table(
        ["request", "what it is for", "operation"],
        (
            (f"`{method.upper()} {path}`", operation["summary"], f"`{operation['operationId']}`")
            for path in sorted(paths)
            for method, operation in paths[path].items()
        ),
    )


def problems_table() -> Iterator[str]:
    """Every type of problem, of the domain and of HTTP."""
    found = dict(refusals())
    for type, status in raised():
        found[type] = (status, PROBLEMS[type]) if type in PROBLEMS else found[type]
    yield from table(
        ["`type`, behind `urn:gamehall:problem:`", "status", "when"],
        ((f"`{type}`", *found[type]) for type in sorted(found)),
    )


def refusals() -> Iterator[tuple[str, tuple[int, str]]]:
    """How the domain and the log say no."""
    import_all(domain)
    import_all(application)
    import_all(infra.eventlog)
    pending = Refusal.__subclasses__()
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        own = kind.__module__.startswith("tests.")  # which refuse things of their own
        told = hasattr(kind, "type")  # those of recorders become the library's errors
        if told and not own and kind is not ForeignRefusal:
            yield kind.type, (kind.status, one_line(kind.__doc__ or ""))


def raised() -> Iterator[tuple[str, int]]:
    """What HTTP itself says no with, wherever its source names a type."""
    for module in pkgutil.walk_packages(interfaces.http.__path__, "interfaces.http."):
        for node in ast.walk(ast.parse(inspect.getsource(importlib.import_module(module.name)))):
            yield from problem_in(node)


def problem_in(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The type and status that an expression names, if it does."""
    match node:
        case ast.Call(
            func=ast.Name("Problem"),
            args=[ast.Constant(value=int(status)), ast.Constant(value=str(type)), *_],
        ):
            yield type, status
        case ast.Call(func=ast.Name(name), args=[ast.Constant(value=str(type)), *_]) if (
            name in STATUS_OF
        ):
            yield type, STATUS_OF[name]
        case ast.Call(func=ast.Name("found"), args=[_, ast.Constant(value=str(type)), *_]):
            yield type, 404
        case ast.Assign(targets=[ast.Name("NAMES")], value=value):
            names = ast.literal_eval(value)
            yield from ((type, status) for status, (type, _) in names.items())


# -- command line ----------------------------------------------------------------------------------


def command_line() -> Iterator[str]:
    """Every command."""
    with click.Context(gamehall, info_name="gamehall") as context:
        yield from commands_of(gamehall, context)


def commands_of(group: click.Group, parent: click.Context) -> Iterator[str]:
    """The commands of a group, and of the groups in it."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=parent) as context:
            if isinstance(command, click.Group):
                yield from (f"## `{context.command_path}`", "", one_line(command.help or ""), "")
                yield from commands_of(command, context)
            else:
                yield from command_section(command, context)


def command_section(command: click.Command, context: click.Context) -> Iterator[str]:
    """One command."""
    options = [each for each in command.params if isinstance(each, click.Option)]
    listed = [each for each in options if each.name != "as_json"]
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    json = ["[--json]"] if len(listed) < len(options) else []
    level = "##" if context.parent and context.parent.parent is None else "###"
    yield from (f"{level} `{' '.join([context.command_path, *pieces, *json])}`", "")
    yield from paragraphs(command.help or "")
    if listed:
        yield ""
        yield from table(["option", "what it does"], map(option_row, listed))
    yield ""


def option_row(option: click.Option) -> tuple[str, str]:
    """An option as it is typed, and what it does."""
    value = option.metavar or ("" if option.is_flag else str(option.type.name.split()[0]).upper())
    default = f" By default {option.default}." if option.show_default else ""
    return f"`{' '.join([*option.opts, value]).strip()}`", f"{option.help or ''}{default}".strip()


# -- recorders -------------------------------------------------------------------------------------


def recorder_settings() -> Iterator[str]:
    """Every variable that the persistence module reads."""
    yield from table(["variable", "what it is"], recorders.settings())


def recorder_events() -> Iterator[str]:
    """What recorders write."""
    yield from event_section(Stored)
    yield from event_section(Tracked)


def library_cases() -> Iterator[str]:
    """The library's own cases, and who inherits them."""
    yield from table(["case", "tests", "inherited by"], recorders.cases_table())
    yield ""
    yield from recorders.overridden_methods()


# -- pages -----------------------------------------------------------------------------------------


WRITERS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": settings_table,
    "events": events_catalogue,
    "topics": topics_table,
    "public-messages": public_messages,
    "window-message": window_message,
    "routes": routes_table,
    "limits": lambda: table(["what", "how much", "beyond that"], iter(limits.ROWS)),
    "problems": problems_table,
    "command-line": command_line,
    "recorder-settings": recorder_settings,
    "recorder-events": recorder_events,
    "library-cases": library_cases,
    "pictures": pictures.sections,
}


def one_line(text: str) -> str:
    """A docstring on one line."""
    return " ".join(text.split())


def paragraphs(docstring: str) -> Iterator[str]:
    """A docstring, a line for each paragraph."""
    yield from (one_line(part) for part in inspect.cleandoc(docstring).split("\n\n"))


def import_all(package: types.ModuleType) -> None:
    """Import every module of a package, so that its classes are known."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def written(page: str) -> str:
    """A page with what the code says now."""
    return PLACE.sub(
        lambda found: found["mark"] + "\n" + "\n".join(WRITERS[found["name"]]()).strip() + "\n\n",
        page,
    )


def reference_pages() -> list[Path]:
    """Every page of the reference."""
    return sorted(FOLDER.glob("*.md"))


if __name__ == "__main__":
    for each in reference_pages():
        each.write_text(written(each.read_text()))
