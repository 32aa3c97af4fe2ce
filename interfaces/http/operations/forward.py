"""What other processes of the API ask of this one, as the owner of shards.

ASGI functions for the same reason as `joining`: a crowd that joins one room at several
processes comes in here. What this process does not own is not forwarded once more.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import msgspec
import structlog
from litestar.exceptions import MethodNotAllowedException
from litestar.types import HTTPScope, Receive, Send

from application.orders import SECONDS_LEFT, OwnersOutcome
from application.ports.commands import LocalLog, Unavailable, Verdict
from interfaces.http.operations.commands import Order
from interfaces.http.platform.auth import require_scope
from interfaces.http.platform.bodies import KIB, decode, decoder_of, read, require_json
from interfaces.http.platform.problems import bad_request
from interfaces.http.platform.responses import JSON_BODY, respond
from interfaces.http.platform.services import services_in

LONGEST = 30.0
"""Seconds that a process may wait for another."""

ORDERS_LIMIT = 16 * 1024 * KIB
"""Bytes of a crowd of orders. Each of them was let in by another process, under its own limit."""

ENCODER = msgspec.json.Encoder()
DECODER = decoder_of(list[Order])
SHARDS = decoder_of(list[tuple[str, int]])

SILENT = OwnersOutcome.of(Unavailable("The owner of the shard did not answer in time."))
BROKEN = Unavailable("The owner of the shard could not decide the command; its log says why.")

logger = structlog.get_logger(__name__)


async def forwarded(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Decide orders here and answer with an outcome for each; raises `Problem`."""
    headers = _let_in(scope)
    seconds = _seconds_left(headers.get(SECONDS_LEFT.encode()))
    orders = decode(await read(receive, headers, ORDERS_LIMIT), DECODER)
    outcomes = await decide(services_in(scope).local, orders, seconds)
    await respond(send, 200, [JSON_BODY], ENCODER.encode(outcomes))


async def handover(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Let go of shards that the process which asks is to own; raises `Problem`."""
    headers = _let_in(scope)
    shards = decode(await read(receive, headers), SHARDS)
    await services_in(scope).local.hand_over(shards)
    await respond(send, 200, [JSON_BODY], b"null")


def _let_in(scope: HTTPScope) -> dict[bytes, bytes]:
    if scope["method"] != "POST":
        raise MethodNotAllowedException(headers={"Allow": "POST"})
    require_scope(scope["user"], "service")
    headers = dict(scope["headers"])
    require_json(headers)
    return headers


async def decide(log: LocalLog, orders: Sequence[Order], seconds: float) -> list[OwnersOutcome]:
    """The outcomes of orders, in their order; no answer for what takes longer than that."""
    outcomes = [SILENT] * len(orders)
    missing = len(orders)
    answered = asyncio.Event()

    def done(number: int, verdict: Verdict) -> None:
        nonlocal missing
        outcomes[number] = OwnersOutcome.of(verdict)
        missing -= 1
        if not missing:
            answered.set()

    for number, order in enumerate(orders):
        _submit(log, order, partial(done, number))
    if missing:
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), seconds)
    return outcomes


def _submit(log: LocalLog, order: Order, done: Callable[[Verdict], None]) -> None:
    try:
        log.submit(order.command, order.command_id, order.metadata, done)
    except Exception:  # a bug in one decision must not keep the others from their answers
        logger.exception("order not decided", command_id=order.command_id)
        done(BROKEN)


def _seconds_left(header: bytes | None) -> float:
    try:
        seconds = float(header or b"")
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise bad_request("invalid-request", f"{SECONDS_LEFT} takes seconds, up to {LONGEST:g}.")
    return seconds
