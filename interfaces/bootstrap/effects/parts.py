"""What effects need of the world, over HTTP."""

import asyncio

from prometheus_client import REGISTRY

from application.effects.desk import RuleDesk
from infra.effects.metrics import EffectMetrics
from infra.effects.places import KafkaPlaces
from interfaces.bootstrap.api import Foundation
from interfaces.bootstrap.effects.sources import sources
from interfaces.bootstrap.topics import declared
from projections.effects import EFFECT_LEDGER


async def build(base: Foundation) -> list[object]:
    """Build where rules are made, and what counts effects."""
    partitions = base.settings.log_partitions
    ours = frozenset(topic.name for topic in declared(partitions))
    places = KafkaPlaces(base.settings.kafka_bootstrap, base.log)
    metrics = EffectMetrics(base.queries(EFFECT_LEDGER))
    REGISTRY.register(metrics)
    base.held.callback(REGISTRY.unregister, metrics)
    looking = asyncio.create_task(metrics.run())
    base.held.callback(looking.cancel)
    return [RuleDesk(sources(partitions), ours, places)]
