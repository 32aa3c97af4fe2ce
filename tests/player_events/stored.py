"""What lies in the stores, as tests compare it."""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

import psycopg
import redis
from psycopg.rows import dict_row


class Stored(NamedTuple):
    """The tables and the caches."""

    postgres: psycopg.Connection[Any]
    redis: "redis.Redis"

    def archive(self) -> list[tuple[str, str, int, int]]:
        """Player, id and place of every event, in the order of places."""
        query = 'SELECT player_id, event_id::text, partition, "offset" FROM events ORDER BY 3, 4'
        return self.postgres.execute(query).fetchall()

    def statistics(self) -> dict[str, dict[str, Any]]:
        """The row of each player."""
        with self.postgres.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("SELECT * FROM player_statistics").fetchall()
        return {row.pop("player_id"): row for row in rows}

    def scores(self) -> dict[tuple[str, str, date], dict[str, int]]:
        """The players of each board."""
        boards: dict[tuple[str, str, date], dict[str, int]] = defaultdict(dict)
        query = "SELECT game_id, period, starts_on, player_id, score FROM leaderboard_scores"
        for *board, player, score in self.postgres.execute(query):
            boards[tuple(board)][player] = score
        return dict(boards)

    def best(self) -> dict[tuple[str, str, date], list[tuple[int, str, int]]]:
        """Rank, player and score of the best of each board."""
        boards: dict[tuple[str, str, date], list[tuple[int, str, int]]] = defaultdict(list)
        query = """
            SELECT game_id, period, starts_on, rank, player_id, score FROM leaderboards
            ORDER BY rank, player_id
        """
        for *board, rank, player, score in self.postgres.execute(query):
            boards[tuple(board)].append((rank, player, score))
        return dict(boards)

    def cached(self, name: str) -> dict[str, Any]:
        """The hashes and sorted sets of a cache, by key behind the generation's name."""
        generation = self.redis.get(f"projection:{name}")
        found: dict[str, Any] = {}
        client: Any = self.redis
        for key in client.scan_iter(f"{generation!s}:*"):
            suffix = key.removeprefix(f"{generation!s}:")
            if client.type(key) == "zset":
                found[suffix] = dict(client.zrange(key, 0, -1, withscores=True))
            elif suffix != "positions":
                found[suffix] = client.hgetall(key)
        return found
