"""Walk over the keys of one generation."""

from collections.abc import Iterator
from typing import Any

import redis

SCAN_KEYS = 500


def keys_of(client: "redis.Redis", generation: str) -> Iterator[list[str]]:
    """Every key of a generation, some hundreds at a time; a key may come twice."""
    cursor: Any = 0
    while True:
        cursor, keys = client.scan(cursor, match=f"{generation}:*", count=SCAN_KEYS)
        if keys:
            yield [str(key) for key in keys]
        if not cursor:
            return
