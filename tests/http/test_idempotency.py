import httpx
import pytest

from tests.http.conftest import Api, problem

JOIN = "/api/v1/waitroom/join"
BODY = {"user_id": "ann", "event_id": "concert"}


async def test_a_repeated_key_gets_the_first_answer_and_changes_nothing(api: Api) -> None:
    await api.open()
    key = {"idempotency-key": "first try"}
    first = await api.ask("POST", JOIN, BODY, headers=key)
    events = len(api.log.events["waitroom-log"])
    again = await api.ask("POST", JOIN, BODY, headers=key)

    assert (
        (again.status_code, again.json())
        == (first.status_code, first.json())
        == (201, first.json())
    )
    assert again.headers["position"] == first.headers["position"]
    assert len(api.log.events["waitroom-log"]) == events
    assert api.log.commands[-1].command_id == "player/ann/first try"


@pytest.mark.parametrize(
    ("path", "body"), [(JOIN, BODY | {"priority": 0}), ("/api/v1/games/seek", {})]
)
async def test_a_key_belongs_to_one_request(api: Api, path: str, body: dict[str, object]) -> None:
    await api.open()
    key = {"idempotency-key": "k"}
    await api.ask("POST", JOIN, BODY, headers=key)

    problem(await api.ask("POST", path, body, headers=key), 422, "idempotency-key-reused")


async def test_a_key_belongs_to_one_subject(api: Api) -> None:
    await api.open(capacity=5)
    key = {"idempotency-key": "k"}
    first = await api.join("ann", headers=key)
    second = await api.join("ben", headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["session_id"] != second.json()["session_id"]


@pytest.mark.parametrize("path", [JOIN, "/api/v1/games/seek"])
@pytest.mark.parametrize("key", ["", "k" * 201, "\u00fc", "tab\there"])
async def test_an_unusable_key_is_refused(api: Api, path: str, key: str) -> None:
    body = BODY if path == JOIN else {}
    headers = httpx.Headers(api.token("ann"))
    headers["idempotency-key"] = key.encode().decode("latin-1")
    answer = await api.client.post(path, json=body, headers=headers)

    assert answer.status_code == 400
    assert not api.log.commands


async def test_without_a_key_every_request_is_new(api: Api) -> None:
    await api.open()
    await api.join("ann")
    await api.join("ann")

    ids = [each.command_id for each in api.log.commands]
    assert len(set(ids)) == len(ids)
    assert api.log.commands[-1].metadata.fingerprint is None


async def test_a_request_hands_its_trace_and_correlation_to_the_log(api: Api) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = {"traceparent": trace, "x-correlation-id": "order-7"}
    await api.ask("POST", "/api/v1/games/seek", {}, headers=headers)
    await api.ask("POST", "/api/v1/games/seek", {}, headers={"traceparent": "nonsense"})

    metadata = [each.metadata for each in api.log.commands]
    assert (metadata[0].traceparent, metadata[0].correlation_id) == (trace, "order-7")
    assert metadata[1].traceparent is None
    assert metadata[1].correlation_id == api.log.commands[1].command_id


async def test_a_key_belongs_to_one_kind_of_token(api: Api) -> None:
    await api.open(capacity=5)
    key, body = {"idempotency-key": "k"}, BODY | {"user_id": "ben"}
    by_player = await api.ask("POST", JOIN, body, user="ben", headers=key)
    by_service = await api.ask("POST", JOIN, body, user="ben", scope="service", headers=key)

    assert (by_player.status_code, by_service.status_code) == (201, 200)
    assert [each.command_id for each in api.log.commands[-2:]] == ["player/ben/k", "service/ben/k"]
