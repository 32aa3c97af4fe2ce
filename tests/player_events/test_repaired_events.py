"""What could not be taken is repaired and retried at a running hall, and then counts once."""

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from domain.events import Position
from domain.player_events.event import TOPIC
from domain.player_events.letters import DeadLetter, Decision
from infra.kafka.records import produce
from infra.player_events.dead_letters import DecisionTopics
from infra.subjects.sealing import BlockingSeals
from tests.conftest import ROOT, Hall
from tests.people import a_name, client_of, eventually


class Operator:
    """Whoever runs the hall."""

    def __init__(self, hall: Hall, client: httpx.AsyncClient) -> None:
        self.hall = hall
        self._client = client

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        send = partial(
            self._client.request,
            method,
            f"/api/v1/{path}",
            headers=self.hall.admin(),
            json=body,
        )
        # A read model may be about to be built.
        answer = await eventually(send, lambda answer: answer.status_code != 503)
        assert answer.status_code in {200, 404}, answer.text
        return answer.json()

    async def letters(self, player: str) -> list[dict[str, Any]]:
        letters: list[dict[str, Any]] = (await self.ask("GET", f"dead-letters?player={player}"))[
            "letters"
        ]
        return letters

    async def letter(self, player: str) -> dict[str, Any]:
        """The only letter about somebody, as soon as there is one."""
        (letter,) = await eventually(partial(self.letters, player), bool)
        return dict(letter)

    async def score(self, game: str) -> dict[str, int]:
        board = await self.ask("GET", f"games/{game}/leaderboard")
        return {entry["player_id"]: entry["score"] for entry in board["entries"]}

    async def counted(self, player: str) -> int:
        """How many events somebody has, by the statistics."""
        return int((await self.ask("GET", f"player/{player}/stats")).get("total_events", 0))

    async def archived(self, player: str) -> list[Any]:
        page = await self.ask("GET", f"players/{player}/events")
        return [event["data"] for event in page["events"]]

    async def run(self, *arguments: str) -> Any:
        """What a command of the command line says."""
        done = await asyncio.to_thread(self.hall.command, "dlq", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
async def operator(hall: Hall) -> AsyncIterator[Operator]:
    async with client_of(hall) as client:
        operator = Operator(hall, client)
        for path in (
            "players/nobody/events",
            "player/nobody/stats",
            "games/none/leaderboard",
            "dead-letters",
        ):
            await operator.ask("GET", path)  # until every worker has built its read model
        yield operator


def an_event(player: str, game: str, score: Any) -> dict[str, Any]:
    return {
        "event_type": "player_score",
        "player_id": player,
        "game_id": game,
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"score": score},
    }


def tell(hall: Hall, *events: dict[str, Any]) -> None:
    """Another producer writes what nobody has looked at, to the partitions of the players."""
    told = [
        event | {"event_id": str(uuid.uuid4()), "ingested_at": event["timestamp"]}
        for event in events
    ]
    produce(hall.kafka, TOPIC, [(event["player_id"], json.dumps(event)) for event in told])


async def test_a_score_that_was_text_is_repaired_and_counts(hall: Hall, operator: Operator) -> None:
    ada, game = a_name("ada"), a_name("game")
    tell(hall, an_event(ada, game, 7), an_event(ada, game, "ten"))
    letter = await operator.letter(ada)
    assert letter["consumer_service"] == "leaderboards"
    assert "Expected `int | float`, got `str`" in letter["error_message"]
    # The letter is durable before what was taken in beside it shows.
    await eventually(partial(operator.counted, ada), lambda count: count == 2)
    await eventually(partial(operator.archived, ada), lambda data: len(data) == 2)
    await eventually(partial(operator.score, game), lambda score: score == {ada: 7})
    path = f"dead-letters/{letter['id']}"
    event = json.loads(letter["original_event"]) | {"data": {"score": 10}}

    await operator.ask("PUT", f"{path}/event", event)
    tried = (await operator.ask("POST", f"{path}/retry?dry_run=true"))["changes"]

    before = {c["before"] for c in tried if c["key"] == f"{game} alltime 1970-01-01 {ada}"}
    after = {c["after"] for c in tried if c["key"] == f"{game} alltime 1970-01-01 {ada}"}
    assert before == {"7", "rank 1, 7"}
    assert after == {"17", "rank 1, 17"}
    assert await operator.score(game) == {ada: 7}
    await operator.ask("POST", f"{path}/retry")
    await eventually(partial(operator.score, game), lambda score: score == {ada: 17})
    await eventually(partial(operator.archived, ada), lambda d: {"score": 10} in d)
    assert sorted(each["score"] for each in await operator.archived(ada)) == [7, 10]
    assert await operator.counted(ada) == 2
    assert (await operator.letter(ada))["status"] == "retried"


@pytest.fixture
async def keeping(hall: Hall, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one more API process of the hall, which keeps what it refuses."""
    port = hall.settings.first_peer_port + 1
    changes = {"GAMEHALL_PEER_PORT": str(port), "GAMEHALL_EVENTS_KEEP_FAILED": "true"}
    with (tmp_path / "api.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "interfaces.cli", "api"),
            cwd=ROOT,
            env={**hall.environment, **changes},
            stderr=log,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{hall.settings.host}:{port}") as client:
            await eventually(partial(_is_ready, client), bool)
            assert process.returncode is None, "another process answers there"
            yield client
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def test_an_event_that_was_refused_counts_once_however_often_it_is_retried(
    hall: Hall, operator: Operator, keeping: httpx.AsyncClient
) -> None:
    ada, game = a_name("ada"), a_name("game")
    refused = await keeping.post(
        "/api/v1/events", json=an_event(ada, game, "ten"), headers=hall.service()
    )
    assert refused.status_code == 422
    letter = await operator.letter(ada)
    path = f"dead-letters/{letter['id']}"
    assert (letter["consumer_service"], letter["key"]) == ("ingest", "checkout")
    await operator.ask("PUT", f"{path}/event", an_event(ada, game, 10))
    await operator.ask("POST", f"{path}/retry")
    await eventually(partial(operator.counted, ada), lambda count: count == 1)

    await asyncio.to_thread(_forget_the_retry, hall, letter["id"].replace(":", "/"))
    await operator.ask("POST", f"{path}/retry")

    tell(hall, an_event(ada, game, 1))  # behind the second, so that it has been looked at
    await eventually(partial(operator.counted, ada), lambda count: count >= 2)
    await eventually(partial(operator.archived, ada), lambda data: len(data) >= 2)
    await eventually(partial(operator.score, game), lambda score: score.get(ada, 0) >= 11)
    assert await operator.counted(ada) == 2
    assert await operator.archived(ada) == [{"score": 1}, {"score": 10}]
    assert await operator.score(game) == {ada: 11}


def _forget_the_retry(hall: Hall, id: str) -> None:
    """As if it had not been noted before a crash: the row is what the worker has read so far."""
    with psycopg.connect(hall.postgres) as connection:
        connection.execute("UPDATE dead_letters SET status = 'open' WHERE id = %s", [id])


async def test_letters_are_looked_at_and_decided_from_the_command_line(
    hall: Hall, operator: Operator, tmp_path: Any
) -> None:
    ada, ben, game = a_name("ada"), a_name("ben"), a_name("game")
    tell(hall, an_event(ada, game, "ten"), an_event(ben, game, "ten"))
    for_ada, for_ben = await operator.letter(ada), await operator.letter(ben)
    (listed,) = await operator.run("list", "--player", ada, "--consumer", "leaderboards")
    assert listed == for_ada | {"id": listed["id"]}
    assert await operator.run("show", for_ada["id"]) == listed
    repaired = tmp_path / "repaired.json"
    repaired.write_text(listed["original_event"].replace('"ten"', "10"))

    edited = await operator.run("edit", listed["id"], str(repaired), "--by", "ops")
    changes = await operator.run("retry", listed["id"], "--dry-run")
    (retried,) = await operator.run("retry", listed["id"])
    (dropped,) = await operator.run("drop", for_ben["id"], "--by", "ops")

    assert (edited["decided_by"], edited["status"]) == ("ops", "open")
    assert {"leaderboard_scores", "leaderboards", "events"} == {c["table"] for c in changes}
    assert (retried["status"], dropped["status"]) == ("retried", "dropped")
    await eventually(partial(operator.score, game), lambda score: score == {ada: 10})
    for arguments, sentence in (
        (("show", "ingest.dlq/0/1000000"), "There is no dead letter"),
        (("drop", listed["id"]), "has retried the letter"),
        (("retry",), "say --all"),
        (("edit", for_ben["id"], __file__), "Expected `object`"),
    ):
        refused = await asyncio.to_thread(hall.command, "dlq", *arguments)
        assert refused.returncode in {1, 2}
        assert sentence in " ".join(refused.stderr.split())
    table = await asyncio.to_thread(hall.command, "dlq", "list", "--player", ben)
    assert "dropped" in table.stdout
    people = await asyncio.to_thread(hall.command, "dlq", "show", for_ben["id"])
    assert '"score": "ten"' in people.stdout or '"score":"ten"' in people.stdout


async def test_all_that_a_consumer_could_not_take_is_retried_at_once(
    hall: Hall, operator: Operator
) -> None:
    """Several of one player, who is counted again with all that is still to come in between."""
    ada, game = a_name("ada"), a_name("game")
    tell(hall, *(an_event(ada, game, f"{points}") for points in (1, 2, 4)))
    letters = await eventually(partial(operator.letters, ada), lambda found: len(found) == 3)
    for letter in letters:
        event = json.loads(letter["original_event"])
        event["data"]["score"] = int(event["data"]["score"])
        await operator.ask("PUT", f"dead-letters/{letter['id']}/event", event)

    retried = await operator.run("retry", *(letter["id"] for letter in letters))

    assert len(retried) == 3
    await eventually(partial(operator.score, game), lambda score: score == {ada: 7})
    assert {letter["status"] for letter in await operator.letters(ada)} == {"retried"}


async def test_the_letters_of_a_running_hall_are_what_a_rebuild_comes_to(
    hall: Hall, operator: Operator
) -> None:
    ada, game = a_name("ada"), a_name("game")
    tell(hall, an_event(ada, game, "ten"))
    await operator.ask("POST", f"dead-letters/{(await operator.letter(ada))['id']}/drop")
    before = await operator.letters(ada)
    rebuilt = await asyncio.to_thread(
        hall.command, "projections", "rebuild", "dead-letters", "--json"
    )
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert await operator.letters(ada) == before


def test_decisions_lie_behind_their_letters_in_their_partition(hall: Hall) -> None:
    letter = DeadLetter(
        id="leaderboards.dlq/2/999999",
        consumer_service="leaderboards",
        key=a_name("ada"),
        player_id="ada",
        original_event="{}",
        error_message="why",
        created_at=datetime.now(UTC),
    )
    decided = [(letter, Decision(by=by, attempt=1)) for by in ("ann", "ben")]
    first, second = DecisionTopics(hall.kafka, lambda: BlockingSeals(hall.kafka, None)).append(
        "drop", decided
    )
    assert second == Position("leaderboards.dlq", 2, first.seq + 1)
