"""The five minutes of the tutorial show what it says, in a browser, in Kafka and in PostgreSQL."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.conftest import Hall
from tests.docs.markdown import ROOT, blocks
from tests.pages import proof
from tests.pages.pictures import MOST_BYTES
from tests.pages.test_at_a_real_hall import YOUR_TURN
from tests.people import a_name

TUTORIAL = ROOT / "docs" / "tutorial" / "five-minutes.md"
ASKED_FOR = {"kafka-topics", "kafka-messages", "kafka-consumers", "docker-ps", "database-query"}
"""The pictures that others take of a Kafka behind a game, by their names."""


@pytest.mark.asyncio(loop_scope="session")
async def test_a_game_is_seen_in_kafka_in_its_readers_and_in_the_tables(
    hall: Hall, browser: Browser
) -> None:
    names = a_name("ada"), a_name("ben")
    game, winner, loser, pictures = await proof.play(hall, browser, names)

    assert pictures.keys() == kept()
    said = {name.partition(".")[0]: picture.said for name, picture in pictures.items()}
    assert {winner, loser} == {*names}
    assert said["docker-ps"].count("running") > len(ASKED_FOR)
    assert re.search(r"game-events +12", said["kafka-topics"])
    messages = [json.loads(line.partition(": ")[2]) for line in said["kafka-messages"].splitlines()]
    assert {message["game_id"] for message in messages} == {game}
    assert [message.get("column") for message in messages] == [None, *proof.WON_IN, None]
    assert messages[-1]["event_type"] == "game_ended"
    assert messages[-1]["winner"] == winner
    places = [re.match(r"(\d+)@(\d+) ", line) for line in said["kafka-messages"].splitlines()]
    assert len({place[1] for place in places if place}) == 1, "all of a game is in one partition"
    assert re.search(
        r"gamehall-game-records +game-log +\d+ +\d+ +\d+ +0\b", said["kafka-consumers"]
    )
    assert re.search(
        r"game_ended +\| +1\n.*game_started +\| +1\n.*move +\| +7\n", said["database-query"]
    )
    assert re.search(rf"{winner} +\| +1 \| +1 \| +0 \| +0 \| +3\n", said["database-query"])
    assert YOUR_TURN in said["play"]
    assert "You win!" in said["over"]
    assert re.search(rf"{winner}.*\n*3 points, 1 won, 0 lost", said["leaderboard"])


def kept() -> set[str]:
    return {file.name for file in proof.FOLDER.iterdir() if file.suffix != ".md"}


def test_the_pictures_are_small_and_have_the_names_that_are_asked_for() -> None:
    assert {f"{name}.png" for name in ASKED_FOR} <= kept()
    for name in kept():
        assert (proof.FOLDER / name).stat().st_size <= MOST_BYTES, name


@pytest.mark.parametrize("page", [TUTORIAL, proof.FOLDER / "README.md"], ids=lambda page: page.name)
def test_a_page_shows_the_pictures(page: Path) -> None:
    text = page.read_text()
    missing = {name for name in kept() if name not in text}
    assert missing <= {"over.png"} if page == TUTORIAL else not missing


def test_what_is_typed_for_the_pictures_stands_in_the_tutorial() -> None:
    typed = {
        line.removeprefix("$ ")
        for block in blocks(TUTORIAL.read_text())
        for line in block.text.splitlines()
    }
    commands = [each for shown in (proof.BEFORE, proof.AFTER) for each in shown.values()]
    assert {proof.FOLLOWED, *(command for shown in commands for command in shown)} <= typed
