"""Effects are performed some at a time, each bounded in time, whatever its adapter does."""

import asyncio
from collections.abc import Sequence

import structlog

from application.effects.ports import Adapters, Effect
from application.effects.rules import kind_of
from application.ports.deliveries import Delivery

MOST_AT_ONCE = 32
LONGEST_S = 30.0
"""For one effect. Adapters end sooner by themselves, and say better what has happened."""

logger = structlog.get_logger(__name__)


async def perform(
    adapters: Adapters, effects: Sequence[Effect], longest_s: float = LONGEST_S
) -> list[Delivery]:
    """Do them, and say what came of each, in their order; raises nothing that an adapter does."""
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(effect: Effect) -> Delivery:
        async with turns:
            return await _bounded(adapters, effect, longest_s)

    return await asyncio.gather(*map(one, effects))


async def _bounded(adapters: Adapters, effect: Effect, longest_s: float) -> Delivery:
    kind = kind_of(effect.action)  # type: ignore[arg-type]
    adapter = adapters.get(kind)
    if adapter is None:
        return Delivery("rejected", f"This hall performs no effects of the kind {kind}.")
    try:
        async with asyncio.timeout(longest_s):
            return await adapter.perform(effect)
    except TimeoutError:
        return Delivery("unknown", f"It took longer than {longest_s:g} seconds.", again=True)
    except Exception as error:  # whatever it is, nobody knows how far it had come
        logger.exception("effect not performed", effect=effect.id)
        return Delivery("unknown", f"The adapter failed: {type(error).__name__}.", again=True)
