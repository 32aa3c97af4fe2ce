"""What looks into the past, for the API."""

from application.history import History
from application.ports.reading import ShardId
from domain.categories import CATEGORIES
from domain.category import Category
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from interfaces.bootstrap.api import Foundation


async def build(base: Foundation) -> list[object]:
    """Build what reads the log again."""
    partitions, bootstrap = base.partitions, base.settings.kafka_bootstrap

    def shard_of(category: Category, aggregate_id: str) -> ShardId:
        return category.topic, partition_for(aggregate_id, partitions[category.topic])

    def reader_of(shard: ShardId, aggregate_id: str) -> KafkaLogReader:
        categories = [category for category in CATEGORIES if category.topic == shard[0]]
        group = "gamehall-history"
        return KafkaLogReader(bootstrap, categories, partitions, group, shard, aggregate_id)

    return [History(shard_of, reader_of)]
