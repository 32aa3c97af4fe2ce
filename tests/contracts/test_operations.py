"""Every operation keeps what the OpenAPI document promises, whatever it is sent."""

import httpx
import pytest
from schemathesis.checks import not_a_server_error

from tests.conftest import Hall
from tests.contracts.rules import (
    DOCUMENT,
    OPERATIONS,
    AnyCase,
    call_things_by_names,
    contract,
    read_after_what_there_is,
)

pytestmark = pytest.mark.usefixtures("hall")  # who wants no hall does not even look in here

CONTRACT = contract(OPERATIONS)
OF_ADMINISTRATORS = contract(
    OPERATIONS, under=("/api/v1/dead-letters", "/api/v1/accounts", "/api/v1/effects")
).exclude(operation_id="addRule")
"""A rule of chance would be carried out, and one reader more would be there for each."""


def test_the_running_service_publishes_the_contract(hall: Hall) -> None:
    published = httpx.get(f"{hall.base_url}/openapi.json")
    assert published.json() == DOCUMENT


@CONTRACT.parametrize()
def test_every_operation_keeps_its_promises_to_a_service(
    case: AnyCase, hall: Hall, positions: set[str]
) -> None:
    read_after_what_there_is(case, positions)
    call_things_by_names(case)
    case.call_and_validate(base_url=hall.base_url, headers=hall.service())


@CONTRACT.parametrize()
def test_every_operation_keeps_its_promises_to_a_player(
    case: AnyCase, hall: Hall, positions: set[str]
) -> None:
    read_after_what_there_is(case, positions)
    call_things_by_names(case)
    case.call_and_validate(base_url=hall.base_url, headers=hall.player("ada"))


@OF_ADMINISTRATORS.parametrize()
def test_what_administrators_alone_may_do_keeps_its_promises_to_them(
    case: AnyCase, hall: Hall, positions: set[str]
) -> None:
    read_after_what_there_is(case, positions)
    call_things_by_names(case)
    case.call_and_validate(base_url=hall.base_url, headers=hall.admin())


def test_a_query_ahead_of_the_log_is_to_be_repeated_later(hall: Hall) -> None:
    leaderboard = CONTRACT.find_operation_by_id("getLeaderboard")
    case = leaderboard.Case(headers={"Read-After": "game-log/0@1000000000"})
    answer = case.call(base_url=hall.base_url, headers=hall.service())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"][0]) >= 1
    # This error of the server is meant; it is documented, and looks as documented.
    case.validate_response(answer, excluded_checks=[not_a_server_error])
