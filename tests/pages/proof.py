"""The five minutes of the tutorial, played by two browsers at a hall with all its servers.

`python -m tests.pages.proof` starts such a hall, and takes the pictures in `docs/kafka-proof`.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, FloatRect, Page, expect

from infra.stack.ports import is_free
from interfaces.bootstrap.workers import WORKERS
from interfaces.settings import HALL_PORTS
from tests.conftest import Hall, hall_in
from tests.pages import pictures, terminals
from tests.pages.conftest import SIZES, a_browser
from tests.pages.pictures import ROOT
from tests.pages.test_at_a_real_hall import PATIENCE_MS, YOUR_TURN, drop, signed_in
from tests.people import eventually

FOLDER = ROOT / "docs" / "kafka-proof"
PATIENCE_S = 30
MARGIN = 16
"""Around what is seen of a page."""

USUAL = 8080
"""The port of a hall that nobody has given another one."""

FOLLOWED = "gamehall topics consume game-events --follow"
BEFORE = {"docker-ps": ["gamehall status"], "kafka-topics": ["gamehall topics list"]}
AFTER = {
    "kafka-consumers": ["gamehall consumers list"],
    "database-query": [
        "gamehall psql -c \"SELECT event_type, count(*) FROM game_analytics WHERE game_id = '$GAME'"
        ' GROUP BY event_type ORDER BY event_type"',
        'gamehall psql -c "SELECT player1, player2, winner, moves FROM game_stats'
        " WHERE game_id = '$GAME'\"",
        'gamehall psql -c "SELECT username, games_played, wins, losses, draws, score FROM users'
        " WHERE id IN ('$ONE', '$TWO') ORDER BY score DESC\"",
    ],
}
"""What is typed for each picture of a terminal, as in the tutorial."""

WON_IN = (3, 3, 2, 2, 4, 4, 5)
"""The columns of a game in which who begins has four in the lowest row."""


class Picture(NamedTuple):
    """What is seen, and what can be read in it."""

    seen: bytes
    said: str


class Proof(NamedTuple):
    """Who played which game, and the pictures by their names."""

    game_id: str
    winner: str
    loser: str
    pictures: Mapping[str, Picture]


async def play(hall: Hall, browser: Browser, names: Sequence[str]) -> Proof:
    """Go through the tutorial with two who are called so."""
    taken: dict[str, Picture] = {}
    for name, commands in BEFORE.items():
        taken[f"{name}.png"] = await _typed(hall, browser, commands)
    async with AsyncExitStack() as held:
        followed = await held.enter_async_context(terminals.running(hall, FOLLOWED))
        pages = [await held.enter_async_context(_signed_in(browser, hall, each)) for each in names]
        (first, winner), (second, loser) = await _meet(pages, names)
        messages = [await _next(followed, "game_started", winner)]
        for number, column in enumerate(WON_IN):
            page, player = ((first, winner), (second, loser))[number % 2]
            await expect(page.locator("#status")).to_have_text(YOUR_TURN, timeout=PATIENCE_MS)
            if number == len(WON_IN) - 1:
                taken["play.png"] = await _seen(page, "body")
            await drop(page, column)
            messages.append(await _next(followed, "move", player))
        messages.append(await _next(followed, "game_ended", winner))
        printed = terminals.shown(hall, "".join(messages))
        seen = await terminals.picture(browser, [(FOLLOWED, printed)])
        taken["kafka-messages.png"] = Picture(seen, printed)

        await expect(first.locator("#told")).to_contain_text("Move 7:", timeout=PATIENCE_MS)
        game = await _listed(first, winner)
        taken["over.png"] = await _seen(first, "body")
        taken["leaderboard.png"] = await _seen(first, "#lists")
    await _read_by_all(hall)
    for name, commands in AFTER.items():
        of_game = {"GAME": game, "ONE": winner, "TWO": loser}
        taken[f"{name}.png"] = await _typed(hall, browser, commands, **of_game)
    return Proof(game, winner, loser, taken)


async def _typed(
    hall: Hall, browser: Browser, commands: Sequence[str], **environment: str
) -> Picture:
    """What commands print, one after the other."""
    said = [await terminals.run(hall, each, **environment) for each in commands]
    seen = await terminals.picture(browser, zip(commands, said, strict=True))
    return Picture(seen, "\n".join(said))


def _signed_in(browser: Browser, hall: Hall, name: str) -> AbstractAsyncContextManager[Page]:
    return signed_in(browser, hall, hall.base_url, name, viewport=SIZES["desktop"])


async def _meet(pages: Sequence[Page], names: Sequence[str]) -> list[tuple[Page, str]]:
    """Both look for an opponent and find each other; in the order in which they move."""
    for page in pages:
        await page.get_by_role("button", name="Find an opponent").click()
    for page in pages:
        turn = re.compile("turn|to move")
        await expect(page.locator("#status")).to_have_text(turn, timeout=PATIENCE_MS)
    begins = [await page.locator("#status").text_content() == YOUR_TURN for page in pages]
    return sorted(zip(pages, names, strict=True), key=lambda one: not begins[pages.index(one[0])])


async def _next(followed: asyncio.StreamReader, event: str, player: str) -> str:
    """The next message of a kind that names a player, passing over those of other games."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            line = (await followed.readline()).decode()
            assert line, "who follows the topic has ended"
            if f'"{event}"' in line and f'"{player}"' in line:
                return line


async def _listed(page: Page, player: str) -> str:
    """Wait until the game is among those of a player, who is on the leaderboard; its id."""
    game = page.locator("#mine a").first
    await expect(game).to_contain_text("won", timeout=PATIENCE_MS)
    await expect(page.locator("#best li", has_text=player)).to_be_visible(timeout=PATIENCE_MS)
    (game_id,) = parse_qs(urlsplit(await game.get_attribute("href") or "").query)["game"]
    return game_id


async def _seen(page: Page, part: str) -> Picture:
    """A part of a page, and what is written there."""
    box = await page.locator(part).bounding_box()
    assert box is not None
    x, y = (max(0, box[side] - MARGIN) for side in ("x", "y"))
    end_x, end_y = box["x"] + box["width"] + MARGIN, box["y"] + box["height"] + MARGIN
    clip = FloatRect(x=x, y=y, width=end_x - x, height=end_y - y)
    seen = await page.screenshot(animations="disabled", full_page=True, clip=clip)
    return Picture(await pictures.small(seen, page), await page.locator(part).inner_text())


async def _read_by_all(hall: Hall) -> None:
    """Wait until every worker has told Kafka that it has read everything.

    A rule of effects that is paused or gone leaves a group behind that reads no further.
    """
    groups = {hall.settings.group_of(worker) for worker in WORKERS}

    async def behind() -> list[str]:
        listed = json.loads(await terminals.run(hall, "gamehall consumers list --json"))
        return [each["group"] for each in listed if each["group"] in groups and each["lag"]]

    await eventually(behind, lambda found: not found, PATIENCE_S)


def main() -> None:
    """Take the pictures of the documents, at a hall in which nothing else has happened."""
    with TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True) as home:
        is_usual = all(is_free(USUAL + number) for number in range(HALL_PORTS))
        hall = hall_in(Path(home), **({"PORT": f"{USUAL}"} if is_usual else {}))
        hall.up()
        try:
            proof = asyncio.run(_played_at(hall))
        finally:
            hall.down()
    for name, picture in proof.pictures.items():
        (FOLDER / name).write_bytes(picture.seen)


async def _played_at(hall: Hall) -> Proof:
    async with a_browser() as browser:
        return await play(hall, browser, ("Ada", "Ben"))


if __name__ == "__main__":
    main()
