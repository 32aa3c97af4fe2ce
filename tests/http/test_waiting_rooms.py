import re

import pytest

from domain.waitroom.commands import RESERVED
from interfaces.http.app import FEATURES
from tests.http.conftest import Api, problem
from tests.http.fakes.waitroom import leave

WAITROOM = "/api/v1/waitroom"
TERMS = {"capacity": 1, "checkout_seconds": 60}


async def test_a_room_is_opened_joined_looked_at_and_left(api: Api) -> None:
    await api.open(capacity=1)
    first = await api.join("ann")
    second = await api.join("ben")

    assert (first.status_code, first.json()["status"]) == (201, "ready")
    assert first.json()["deadline"]
    assert (second.json()["status"], second.json()["position"]) == ("waiting", 1)
    session = second.json()["session_id"]
    place = await api.ask("GET", f"/api/v1/waitroom/sessions/{session}", user="ben")
    assert (place.json()["position"], place.json()["people_ahead"]) == (1, 0)
    room = (await api.ask("GET", "/api/v1/waitroom/concert")).json()
    assert (room["capacity"], room["waiting"], room["ready"], room["joined"]) == (1, 1, 1, 2)

    body = {"event_id": "concert", "session_id": session}
    left = await api.ask("POST", "/api/v1/waitroom/leave", body, user="ben")
    assert (left.status_code, left.json()["status"]) == (200, "left")


async def test_opening_again_on_other_terms_is_refused(api: Api) -> None:
    await api.open(capacity=1)
    await api.open(capacity=1)
    body = {"event_id": "concert", "capacity": 2, "checkout_seconds": 60}
    answer = await api.ask("POST", "/api/v1/waitroom", body, scope="admin")

    problem(answer, 409, "waitroom-already-open")


async def test_joining_again_gives_the_same_session(api: Api) -> None:
    await api.open()
    first, again = await api.join("ann"), await api.join("ann")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["session_id"] == again.json()["session_id"]


async def test_a_service_joins_for_anybody_with_any_priority(api: Api) -> None:
    await api.open()
    body = {"user_id": "vip", "event_id": "concert", "priority": 100}
    answer = await api.ask("POST", "/api/v1/waitroom/join", body, user="shop", scope="service")

    assert (answer.status_code, answer.json()["user_id"]) == (201, "vip")


async def test_an_unopened_room_cannot_be_joined_or_looked_at(api: Api) -> None:
    problem(await api.join("ann"), 404, "waitroom-not-found")
    problem(await api.ask("GET", "/api/v1/waitroom/concert"), 404, "waitroom-not-found")


async def test_an_unknown_session_is_not_found(api: Api) -> None:
    await api.open()
    body = {"event_id": "concert", "session_id": "nobody"}
    problem(await api.ask("POST", "/api/v1/waitroom/leave", body), 404, "session-not-found")
    answer = await api.ask("GET", "/api/v1/waitroom/sessions/nobody")
    problem(answer, 404, "session-not-found")


async def test_somebody_elses_session_can_neither_be_seen_nor_left(api: Api) -> None:
    await api.open()
    session = (await api.join("ann")).json()["session_id"]
    body = {"event_id": "concert", "session_id": session}

    problem(
        await api.ask("POST", "/api/v1/waitroom/leave", body, user="eve"), 403, "not-your-session"
    )
    path = f"/api/v1/waitroom/sessions/{session}"
    problem(await api.ask("GET", path, user="eve"), 403, "not-your-session")
    assert (await api.ask("GET", path, user="shop", scope="service")).status_code == 200


async def test_a_finished_session_may_be_followed_by_another(api: Api) -> None:
    await api.open()
    first = (await api.join("ann")).json()["session_id"]
    await leave(api.log, "concert", first)
    second = await api.join("ann")

    assert second.status_code == 201
    assert second.json()["session_id"] != first


async def test_a_command_answers_with_its_position_in_the_log(api: Api) -> None:
    await api.open()

    assert (await api.join("ann")).headers["position"] == "waitroom-log/0@2"


@pytest.mark.parametrize("name", sorted(RESERVED))
async def test_a_room_that_could_not_be_reached_is_refused(api: Api, name: str) -> None:
    problem(
        await api.ask("POST", WAITROOM, TERMS | {"event_id": name}, scope="service"),
        422,
        "room-name-reserved",
    )


@pytest.mark.parametrize("name", [".", ".."])
async def test_a_name_that_vanishes_from_addresses_is_refused(api: Api, name: str) -> None:
    problem(
        await api.ask("POST", WAITROOM, TERMS | {"event_id": name}, scope="service"),
        400,
        "invalid-request",
    )


def test_the_reserved_names_are_those_in_addresses(api: Api) -> None:
    beside = re.compile(re.escape(WAITROOM) + "/([^/{]+)")
    paths = [route.path for route in api.doors.public.app.routes]
    paths += [path for feature in FEATURES for path in feature.functions]

    assert {found[1] for path in paths if (found := beside.match(path))} == RESERVED
