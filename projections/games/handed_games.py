"""Games whose seats were handed over, in the tables of `game-records` (docs/adr/0035).

Who takes a seat over stands in the place of who had it, in whatever order shards are read.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from domain.events import DomainEvent
from domain.games.events import ResultHandedOver, SeatHandedOver

ADD_UP = """
    ON CONFLICT (id) DO UPDATE
    SET games_played = users.games_played + excluded.games_played,
        wins = users.wins + excluded.wins,
        losses = users.losses + excluded.losses,
        draws = users.draws + excluded.draws
"""
"""How a user's games are added to those that are counted already."""

SEAT = """
    UPDATE games
    SET player1_id = CASE player1_id WHEN %(previous)s THEN %(user_id)s ELSE player1_id END,
        player2_id = CASE player2_id WHEN %(previous)s THEN %(user_id)s ELSE player2_id END,
        winner_id = CASE winner_id WHEN %(previous)s THEN %(user_id)s ELSE winner_id END
    WHERE id = %(game_id)s
"""

SEAT_COUNTED = """
    UPDATE game_stats
    SET player1 = CASE player1 WHEN %(previous)s THEN %(user_id)s ELSE player1 END,
        player2 = CASE player2 WHEN %(previous)s THEN %(user_id)s ELSE player2 END,
        winner = CASE winner WHEN %(previous)s THEN %(user_id)s ELSE winner END
    WHERE game_id = %(game_id)s
"""

HANDED_OVER = """
    INSERT INTO games_handed_over (game_id, previous, user_id)
    VALUES (%(game_id)s, %(previous)s, %(user_id)s)
"""

COUNT_AGAIN = f"""
    INSERT INTO users (id, username, games_played, wins, losses, draws)
    SELECT player, player, n, n * (%(outcome)s = 'won')::int, n * (%(outcome)s = 'lost')::int,
        n * (%(outcome)s = 'drawn')::int
    FROM game_stats, (VALUES (%(previous)s, -1), (%(user_id)s, 1)) AS moved (player, n)
    WHERE game_id = %(game_id)s
    ORDER BY player
    {ADD_UP}
"""  # noqa: S608  constants
"""Where the game is counted already; where it is not, it will be for who took it over."""

UNCOUNT = "DELETE FROM users WHERE id = %(previous)s AND games_played = 0"


def hand_over(connection: psycopg.Connection[Any], event: DomainEvent) -> None:
    """Let somebody's game be another's; a game that runs is read before it is handed over."""
    match event:
        case SeatHandedOver(originator_id=game_id):
            connection.execute(SEAT, {"game_id": game_id, **event.facts()})
        case ResultHandedOver():
            for statement in (SEAT, HANDED_OVER, COUNT_AGAIN, SEAT_COUNTED, UNCOUNT):
                connection.execute(statement, event.facts())


TAKEN_OVER = """
    UPDATE games SET
        player1_id = coalesce(
            (SELECT user_id FROM games_handed_over WHERE game_id = id AND previous = player1_id),
            player1_id),
        player2_id = coalesce(
            (SELECT user_id FROM games_handed_over WHERE game_id = id AND previous = player2_id),
            player2_id),
        winner_id = coalesce(
            (SELECT user_id FROM games_handed_over WHERE game_id = id AND previous = winner_id),
            winner_id)
    FROM games_handed_over AS known WHERE games.id = known.game_id AND games.id = ANY(%s)
"""
"""Of games whose seats were handed over in a shard that was read first."""


def seat_again(connection: psycopg.Connection[Any], games: Sequence[str]) -> None:
    """Seat those who had taken seats of these games over before the games were read."""
    connection.execute(TAKEN_OVER, [games])
