"""One request leads to the next, as the links of the OpenAPI document say."""

import time
from collections import Counter
from typing import Any

import hypothesis
import pytest
import requests
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import Response
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.stateful import APIStateMachine

from tests.conftest import Hall
from tests.contracts.rules import (
    SEED,
    AnyCase,
    call_things_by_names,
    contract,
    read_after_what_there_is,
)

LEAST_DEPARTURES = 4
MOST_DEPARTURES = 40
JOURNEYS = hypothesis.settings(
    max_examples=5,
    stateful_step_count=25,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
COLUMNS = 7
PATIENCE_S = 5.0

WAITING = {"openWaitroom", "joinWaitroom", "leaveWaitroom", "getSession", "getWaitroom"}
LOOKING_BACK = {"getHistory"}
PLAYING = {"seekGame", "cancelSeek", "makeMove", "resignGame", "getGame", "listMoves", "getGameAt"}
RANKING = {"getLeaderboard", "getRank", "getPlayer"}


class Diary:
    """What came of the requests of all journeys."""

    def __init__(self, positions: set[str]) -> None:
        self.positions = set(positions)
        self.answers: Counter[tuple[str, int]] = Counter()
        self.failures: list[FailureGroup] = []

    def write(self, response: Response, case: AnyCase) -> None:
        self.answers[operation_id(case), response.status_code] += 1
        self.positions.update(response.headers.get("position", ()))

    def successes(self) -> set[str]:
        """The operations that had good answers."""
        return {operation for operation, status in self.answers if status < 300}


@pytest.mark.parametrize(
    ("tags", "operations"),
    [
        pytest.param(["Waiting room", "History"], WAITING | LOOKING_BACK, id="waiting"),
        pytest.param(
            ["Games", "Leaderboard", "History"], PLAYING | RANKING | LOOKING_BACK, id="playing"
        ),
    ],
)
def test_every_link_leads_somewhere(
    hall: Hall, positions: set[str], tags: list[str], operations: set[str]
) -> None:
    diary = Diary(positions)
    journey = journeys(hall, diary, tags)
    departures = 0
    while departures < LEAST_DEPARTURES or not operations <= diary.successes():
        # What is chosen is chosen by chance, and so is how often that is an operation like these.
        assert departures < MOST_DEPARTURES, diary.answers
        try:
            hypothesis.seed(SEED + departures)(journey).run(settings=JOURNEYS)
        except FlakyStrategyDefinition:
            # What one journey has opened is open in the next, which Hypothesis takes for
            # a flaky test. With the next departure it has seen nothing.
            assert not diary.failures
        departures += 1


def journeys(hall: Hall, diary: Diary, tags: list[str]) -> type[APIStateMachine]:
    """Journeys through the operations with these tags."""
    base: type[APIStateMachine] = contract().include(tag=tags).as_state_machine()

    class Journey(base):  # type: ignore[valid-type, misc]
        def get_call_kwargs(self, case: AnyCase) -> dict[str, Any]:
            return {"base_url": hall.base_url, "headers": hall.service()}

        def before_call(self, case: AnyCase) -> None:
            read_after_what_there_is(case, diary.positions)
            call_things_by_names(case)
            drop_discs_into_the_board(case)

        def after_call(self, response: Response, case: AnyCase) -> None:
            super().after_call(response, case)
            diary.write(response, case)
            wait_for_the_game(hall, response, case)

        def validate_response(self, response: Response, case: AnyCase, **options: Any) -> None:
            try:
                super().validate_response(response, case, **options)
            except FailureGroup as failures:
                diary.failures.append(failures)
                raise

    return Journey


def operation_id(case: AnyCase) -> str:
    return str(case.operation.definition.raw["operationId"])


def drop_discs_into_the_board(case: AnyCase) -> None:
    """Most integers are no columns, and a game has to get on; one in eight stays a wrong one."""
    if operation_id(case) == "makeMove" and isinstance(case.body, dict):
        column = case.body.get("column")
        if isinstance(column, int):
            case.body["column"] = column % (COLUMNS + 1)
        # To JSON Schema 1e9 is an integer; the hall wants the digits.
        if isinstance(case.body.get("number"), float):
            case.body["number"] = None


def wait_for_the_game(hall: Hall, response: Response, case: AnyCase) -> None:
    """A game begins a moment after its players are seated, and the journey goes on in it."""
    if operation_id(case) != "seekGame" or response.status_code != 200:
        return
    seek = response.json()
    game = f"{hall.base_url}/api/v1/games/{seek['game_id']}"
    give_up = time.monotonic() + PATIENCE_S
    while seek["status"] == "seated" and time.monotonic() < give_up:
        if requests.get(game, headers=hall.service(), timeout=PATIENCE_S).ok:
            return
        time.sleep(0.02)
