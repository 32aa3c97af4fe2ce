"""Whole games through the batch route, as a game server sends them, and so that there is
something to rebuild.

    make run                         # in one terminal
    .venv/bin/python -m bench.games  # in another

Each game has nine events: two people start it, and the first wins with the seventh disc.
"""

import itertools
import random
import time
import uuid
from typing import Any

import rich_click as click
from rich.console import Console

from bench.hall import Hall
from bench.machine import machine

COLUMNS = (0, 1, 0, 1, 0, 1, 0)
AT_ONCE = 100
"""Games in a request: eight commands each, and a request holds up to 1,000."""
PLAYERS = 1_000


@click.command()
@click.option("--count", default=10_000, show_default=True, help="Games to play.")
def main(count: int) -> None:
    """Play games to their end, and tell how many commands were decided a second."""
    click.echo(machine())
    hall, random_source, start = Hall(), random.Random(1), time.perf_counter()
    games = (commands(random_source) for _ in range(count))
    decided = 0
    while batch := list(itertools.chain.from_iterable(itertools.islice(games, AT_ONCE))):
        outcomes = hall.post("/api/v1/commands", batch)
        if unlike := [outcome for outcome in outcomes if "position" not in outcome]:
            raise click.ClickException(f"a command was not accepted: {unlike[0]}")
        decided += len(outcomes)
    seconds = time.perf_counter() - start
    Console().print(f"{count:,} games: {decided / seconds:,.0f} commands a second")


def commands(random_source: random.Random) -> list[dict[str, Any]]:
    """The commands of one game, from the first to the last."""
    game = uuid.uuid4().hex
    players = [f"player-{each}" for each in random_source.sample(range(PLAYERS), 2)]
    of_game = {"game_id": game}
    started = {"command": "game.start", "player1": players[0], "player2": players[1]}
    told: list[dict[str, Any]] = [{**started, "move_seconds": 3_600, **of_game}]
    for turn, column in enumerate(COLUMNS):
        move = {"command": "game.move", "player": players[turn % 2], "column": column}
        told.append({**move, **of_game})
    return [
        {"command_id": f"{game}-{number}", "command": command}
        for number, command in enumerate(told)
    ]


if __name__ == "__main__":
    main()
