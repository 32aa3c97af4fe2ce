"""What an operator can see of a hall that runs."""

from tests.conftest import Hall
from tests.people import client_of


async def test_every_shard_has_an_owner_and_no_record_was_refused(hall: Hall) -> None:
    async with client_of(hall) as client:
        metrics = (await client.get("/metrics")).text
    for topic in ("waitroom-log", "game-log"):
        shards = hall.settings.log_partitions
        assert f'gamehall_log_shards{{role="owner",topic="{topic}"}} {shards:.1f}' in metrics
        assert f'gamehall_log_refused_total{{reason="malformed",topic="{topic}"}} 0.0' in metrics
