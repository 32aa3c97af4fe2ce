"""The page of HTTP: addresses, limits, problems."""

import ast
import importlib
import inspect
import json
import pkgutil
import types
from collections.abc import Iterator

import application
import domain
import infra.eventlog
import interfaces.http
from application.envelopes import ForeignRefusal
from domain.refusals import Refusal
from interfaces.http.app import describe
from tests.docs.reference import limits
from tests.docs.reference.text import one_line, table

PROBLEMS = {
    "another-origin": "A page of another address asks with a cookie, or would sign somebody in.",
    "body-too-slow": "The body did not arrive within 10 seconds.",
    "ceremony-over": "A passkey answers what was asked elsewhere, long ago, or answered before.",
    "challenge-accepted": "Somebody has accepted the challenge already.",
    "effect-not-found": "There is no such effect, or it was final long ago.",
    "cursor-ahead": "`Last-Event-ID` is the number of an entry that is not there.",
    "invalid-last-event-id": "`Last-Event-ID` is no number.",
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
    "mail-not-good": "A code or link of a mail is wrong, used, too old, or of another browser.",
    "malformed-encoding": "The body is not packed as its `Content-Encoding` says.",
    "malformed-json": "The body is not JSON.",
    "method-not-allowed": "The address does not take this method.",
    "no-challenge": "A challenge is too old, or none of this hall.",
    "no-game": "On a socket: a move names no game, and the player is in none.",
    "no-guests": "The hall takes no guests.",
    "no-passkeys": "The hall is at an address for which browsers make no passkeys.",
    "no-provider": "The hall has no identity provider.",
    "nobody-to-keep": "Who signs up to stay who they are is not signed in at the browser.",
    "no-mail": "The hall sends no mail.",
    "no-sink": "The hall keeps no mails.",
    "not-a-name": "A guest cannot be called that.",
    "not-caught-up": "The read model did not reach the `Read-After` position in time; ask again.",
    "not-found": "There is nothing at this address.",
    "not-in-line": "On the page of a waiting room: this browser has no place in its line.",
    "not-ready": "`/health/ready`: `checks` says what is missing, `ready` what goes on.",
    "not-yourself": "A player's token was used to act for somebody else.",
    "passkey-copied": "A passkey counts no further than before: there may be a copy of it.",
    "passkey-refused": "What a browser sends is not what a passkey answers to what was asked.",
    "passkey-unknown": "No account has this passkey.",
    "pass-refused": "A pass is forged, expired, or of another hall; `detail` says which.",
    "player-not-found": "The player has finished no game, or had no event.",
    "position-elsewhere": "What is looked at is in another shard than the `position`.",
    "no-way-back": "A guest opens an account that nobody could sign in to again.",
    "nothing-proven": "This browser has proven no address to open an account with.",
    "only-a-bot": "A bot plays whoever looks for a game alone, and takes no offers.",
    "priority-not-granted": "The token does not grant that much priority.",
    "push-subscription-not-found": "There is no such browser that one is pushed to.",
    "repeated-step": "A funnel names a step twice.",
    "several-games": "On a socket: a move names no game, and the player is in several.",
    "sign-in-not-found": "There is no such browser that one is signed in at.",
    "sign-in-too-old": "Who changes how they sign in, or is erased, has to sign in again before.",
    "sink-away": "What keeps the mails of a hall does not answer.",
    "too-large": "The body is larger than the address takes.",
    "too-many-from-address": "Too many requests of one network address are in progress.",
    "too-many-games": "On a socket: it watches as many games as it may.",
    "too-many-mails": "A browser has asked for too many mails to sign in with.",
    "too-many-requests": "Too many at a time; `Retry-After` says when to come back.",
    "too-many-sign-ins": "Too many have tried to sign in, or up, from one network address.",
    "too-many-streams": "As many streams and sockets of somebody's feed are open as may be.",
    "too-many-visitors": "Too many have come to pages of waiting rooms from one network address.",
    "unauthenticated": "There is no token, or it is expired, a bot's or not one of ours.",
    "unavailable": "Kafka or a read model does not answer; repeat after `Retry-After` seconds.",
    "unsupported-encoding": "The body is packed in another way than gzip or zstd.",
    "unsupported-media-type": "The body does not say that it is `application/json`.",
    "wrong-scope": "This takes a token of another scope.",
}

STATUS_OF = {"bad_request": 400, "forbidden": 403, "unavailable": 503}


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


def import_all(package: types.ModuleType) -> None:
    """Import every module of a package, so that its classes are known."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


WRITERS = {
    "routes": routes_table,
    "limits": lambda: table(["what", "how much", "beyond that"], iter(limits.ROWS)),
    "problems": problems_table,
}
