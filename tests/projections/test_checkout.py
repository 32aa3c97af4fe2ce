import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate

import httpx
import pytest
from confluent_kafka import Producer
from structlog.testing import capture_logs

from application.inbox import Malformed
from application.ports.commands import Envelope
from application.waitroom.checkout import CHECKOUT, react
from domain.events import Metadata, Position
from domain.waitroom.commands import CompleteCheckout, ExpireCheckout, FailCheckout
from infra.commands_client import ApiAway, CommandsClient
from infra.inbox import InboxWorker
from infra.kafka.clients import connection
from infra.kafka.records import consume
from tests.conftest import Hall

Answers = Callable[[list[dict[str, object]]], httpx.Response]
MESSAGE = b'{"session_id": "s", "event_id": "e", "reason": "no money", "order": 7}'


def test_each_topic_leads_to_its_command() -> None:
    commands = [react(f"CHECKOUT_{end}", MESSAGE) for end in ("COMPLETED", "FAILED", "EXPIRED")]
    assert commands == [
        CompleteCheckout(event_id="e", session_id="s"),
        FailCheckout(event_id="e", session_id="s", reason="no money"),
        ExpireCheckout(event_id="e", session_id="s"),
    ]


def test_the_same_message_leads_to_the_same_command_id() -> None:
    source = Position("CHECKOUT_FAILED", 3, 17)
    issued = CHECKOUT.issue(source, MESSAGE)
    assert issued == CHECKOUT.issue(source, MESSAGE)
    assert issued.command_id == "checkout:CHECKOUT_FAILED/3@17"
    assert issued.metadata == Metadata(actor="checkout", causation_id="CHECKOUT_FAILED/3@17")


def test_a_reason_that_is_no_utf_8_is_no_reason_to_refuse() -> None:
    value = b'{"session_id": "s", "event_id": "e", "reason": "refus\xe9"}'
    assert react("CHECKOUT_FAILED", value) == FailCheckout(event_id="e", session_id="s", reason="")


@pytest.mark.parametrize("text", [b"[" * 1_500 + b"]" * 1_500, b"7" * 5_000, b'"\\ud83d"'])
def test_whatever_a_message_makes_of_its_reading_it_is_malformed_or_read(text: bytes) -> None:
    value = b'{"session_id": "s", "event_id": "e", "reason": ' + text + b"}"
    with suppress(Malformed):
        CHECKOUT.issue(Position("CHECKOUT_FAILED", 0, 0), value)


@pytest.mark.parametrize(("reason", "kept"), [(7, ""), (None, ""), ("x" * 2_000, "x" * 1_000)])
def test_a_reason_that_is_no_short_text_is_no_reason_to_refuse(reason: object, kept: str) -> None:
    value = json.dumps({"session_id": "s", "event_id": "e", "reason": reason}).encode()
    command = react("CHECKOUT_FAILED", value)
    assert isinstance(command, FailCheckout)
    assert command.reason == kept


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"not json",
        b"[]",
        b'{"session_id": "s"}',
        b'{"session_id": 1, "event_id": "e"}',
        b'{"session_id": "", "event_id": "e"}',
        b"\xff\xfe",
        b'{"session_id": "\xff", "event_id": "e"}',
    ],
)
def test_a_message_that_names_no_checkout_is_malformed(value: bytes | None) -> None:
    with pytest.raises(Malformed, match=r"no checkout message: .*\.$"):
        react("CHECKOUT_COMPLETED", value)


# -- the way to the log ----------------------------------------------------------------------------


def client(answers: Answers, stopped: Callable[[], bool] = lambda: False) -> CommandsClient:
    transport = httpx.MockTransport(lambda request: answers(json.loads(request.content)))
    return CommandsClient("http://hall", lambda: "token", stopped, transport)


def issued(*ids: str) -> list[Envelope]:
    command = CompleteCheckout(event_id="e", session_id="s")
    return [Envelope(command_id=id, command=command) for id in ids]


def done(body: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{"position": f"waitroom-log/0@{each['command_id']}", "reply": {}} for each in body]


def test_a_command_that_was_not_answered_is_sent_again_with_all_after_it() -> None:
    sent: list[list[object]] = []

    def answers(body: list[dict[str, object]]) -> httpx.Response:
        sent.append([each["command_id"] for each in body])
        if len(sent) == 1:
            raise httpx.ConnectError("nobody there")
        if len(sent) == 2:
            return httpx.Response(503, text="starting")
        outcomes = done(body)
        if len(sent) == 3:
            outcomes[1] = {"unavailable": {"detail": "moved", "retry_after": 1}}
        return httpx.Response(200, json=outcomes)

    outcomes = client(answers).execute(issued("0", "1", "2"))

    assert [outcome.position for outcome in outcomes] == [f"waitroom-log/0@{i}" for i in range(3)]
    assert sent == [["0", "1", "2"], ["0", "1", "2"], ["0", "1", "2"], ["1", "2"]]


def test_one_command_that_the_api_does_not_take_holds_up_no_other() -> None:
    def answers(body: list[dict[str, object]]) -> httpx.Response:
        if any(each["command_id"] == "odd" for each in body):
            return httpx.Response(400, text="What is that?")
        return httpx.Response(200, json=done(body))

    outcomes = client(answers).execute(issued("0", "odd", "2"))

    assert [outcome.refusal and outcome.refusal.type for outcome in outcomes] == [
        None,
        "not-understood",
        None,
    ]


def test_who_is_told_to_stop_does_not_wait_for_the_api() -> None:
    away = client(lambda body: httpx.Response(503), stopped=lambda: True)
    with pytest.raises(ApiAway, match="503"):
        away.execute(issued("0"))
    away.close()


def test_a_request_that_hangs_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hanging = CommandsClient(url, lambda: "token", lambda: True, timeout_s=0.05)
        with pytest.raises(httpx.ReadTimeout):
            hanging.execute(issued("0"))
        hanging.close()


@pytest.mark.parametrize(
    ("ahead_s", "says"),
    [
        (7_200, r"its clock is 7\d\d\d s ahead of the one here: set the clocks"),
        (-7_200, r"its clock is 7\d\d\d s behind the one here: set the clocks"),
        (0, "both need the same GAMEHALL_SECRET"),
    ],
)
def test_a_worker_whose_token_is_refused_says_whether_it_is_the_clock(
    ahead_s: int, says: str
) -> None:
    headers = {"Date": formatdate(time.time() + ahead_s, usegmt=True)}
    refusing = client(lambda body: httpx.Response(401, headers=headers), stopped=lambda: True)
    with pytest.raises(ApiAway, match=says):
        refusing.execute(issued("0"))


def test_a_worker_whose_token_is_refused_says_so_in_its_log() -> None:
    answers = iter([httpx.Response(401), httpx.Response(200, json=done([{"command_id": "0"}]))])
    with capture_logs() as logged:
        client(lambda body: next(answers)).execute(issued("0"))
    (said,) = [each["reason"] for each in logged if each["event"] == "the API refuses this worker"]
    assert said.endswith("both need the same GAMEHALL_SECRET, or the same GAMEHALL_HOME.")


# -- from topic to topic ---------------------------------------------------------------------------


@pytest.fixture
def shop(empty: Hall) -> Iterator[Producer]:
    producer = Producer({**connection(empty.kafka), "message.max.bytes": 50_000_000})
    yield producer
    assert producer.flush(10) == 0


def test_a_message_that_leads_nowhere_is_a_dead_letter_and_stops_nothing(
    empty: Hall, shop: Producer
) -> None:
    asked: list[str] = []

    def answers(body: list[dict[str, object]]) -> httpx.Response:
        asked.extend(str(each["command_id"]) for each in body)
        refusal = {"refusal": {"type": "session-not-found", "status": 404, "detail": "Nobody."}}
        ids = [each["command"]["session_id"] for each in body]  # type: ignore[index]
        return httpx.Response(
            200, json=[refusal if id == "x" else {"position": "a/0@0"} for id in ids]
        )

    huge = b"{" + b"x" * 1_000_100
    for value in (huge, b"rubbish", b'{"session_id": "x", "event_id": "e"}', MESSAGE):
        shop.produce("CHECKOUT_EXPIRED", value, "e", partition=2)
    shop.flush()  # a letter of the first, with its headers, would be more than Kafka takes
    worker = InboxWorker(empty.kafka, CHECKOUT, "gamehall-checkout", client(answers))

    worker.run(lambda: len(asked) == 2)

    letters = list(consume(empty.kafka, "checkout.dlq", limit=None, follow=False))
    assert letters[0].headers["cut"] == str(len(huge))
    assert huge.decode().startswith(letters[0].value or "")
    assert [(each.value, each.headers["type"]) for each in letters[1:]] == [
        ("rubbish", "malformed"),
        ('{"session_id": "x", "event_id": "e"}', "session-not-found"),
    ]
    assert letters[1].headers["position"] == "CHECKOUT_EXPIRED/2@1"
    assert letters[2].headers["reason"] == "Nobody."
    assert asked == ["checkout:CHECKOUT_EXPIRED/2@2", "checkout:CHECKOUT_EXPIRED/2@3"]
