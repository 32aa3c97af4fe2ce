"""Lines over TCP: each answered by its id, whatever becomes of the others on the connection."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from application.ports.deliveries import Delivery
from domain.effects.actions import TcpLine
from infra.effects.tcp import TcpLines
from tests.effects.given import SOON_S, an_effect, here
from tests.effects.receivers import HERE, TcpReceiver, Way, running

PATIENT_S = 10.0


@pytest.fixture
async def receiver() -> AsyncIterator[TcpReceiver]:
    async with running(TcpReceiver()) as one:
        yield one


@pytest.fixture
async def lines() -> AsyncIterator[TcpLines]:
    adapter = TcpLines(here(), seconds=SOON_S)
    yield adapter
    await adapter.close()


def a_line(receiver: TcpReceiver) -> TcpLine:
    return TcpLine(host=HERE, port=receiver.port)


async def test_a_line_says_what_happened_and_is_answered(
    receiver: TcpReceiver, lines: TcpLines
) -> None:
    effect = an_effect(a_line(receiver))
    assert await lines.perform(effect) == Delivery("accepted")
    (line,) = receiver.lines
    assert (line["id"], line["type"]) == (effect.id, "waitroom.joined.v1")


async def test_many_go_over_one_connection_and_wait_for_nobody_s_answer(
    receiver: TcpReceiver,
) -> None:
    lines = TcpLines(here(), seconds=PATIENT_S)
    receiver.next.append("late")
    effects = [an_effect(a_line(receiver), seq) for seq in range(50)]
    first = asyncio.create_task(lines.perform(effects[0]))
    rest = await asyncio.gather(*map(lines.perform, effects[1:]))
    assert {each.outcome for each in rest} == {"accepted"}
    assert not first.done()
    receiver.released.set()
    assert (await first).outcome == "accepted"
    assert (receiver.connections, len(receiver.taken)) == (1, 50)
    await lines.close()


@pytest.mark.parametrize("way", ["silent", "late", "hang-up"])
async def test_who_took_it_and_did_not_say_so_makes_it_unknown(
    receiver: TcpReceiver, lines: TcpLines, way: Way
) -> None:
    receiver.next.append(way)
    effect = an_effect(a_line(receiver))
    first = await lines.perform(effect)
    assert (first.outcome, first.again) == ("unknown", True)
    receiver.released.set()
    assert (await lines.perform(effect)).outcome == "accepted"
    assert receiver.got == [effect.id] * 2


async def test_what_is_refused_says_whether_it_may_be_tried_again(
    receiver: TcpReceiver, lines: TcpLines
) -> None:
    receiver.next += ["refuse", "busy"]
    for again in (False, True):
        delivery = await lines.perform(an_effect(a_line(receiver)))
        assert (delivery.outcome, delivery.again) == ("rejected", again)


async def test_an_answer_without_end_of_brackets_is_none(
    receiver: TcpReceiver, lines: TcpLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested = msgspec.Raw(b'{"x":' + b"[" * 60_000)
    say = receiver.say
    monkeypatch.setattr(receiver, "say", lambda writer, _: say(writer, nested))
    delivery = await lines.perform(an_effect(a_line(receiver)))
    assert delivery == Delivery("unknown", "the receiver said something that is no answer", True)


async def test_who_is_killed_makes_unknown_what_it_had_and_rejected_what_comes(
    receiver: TcpReceiver,
) -> None:
    lines = TcpLines(here(), seconds=PATIENT_S)
    receiver.way = "silent"
    effects = [an_effect(a_line(receiver), seq) for seq in range(5)]
    asked = [asyncio.create_task(lines.perform(each)) for each in effects]
    await receiver.has_got(len(effects))
    await receiver.kill()
    told = [await each for each in asked]
    assert {each.outcome for each in told} == {"unknown"}
    assert not [each for each in told if "within" in each.reason], "they are told at once"
    gone = await lines.perform(effects[0])
    assert gone == Delivery("rejected", "nobody answers there", again=True)
    receiver.way = "take"
    await receiver.start()
    again = await asyncio.gather(*map(lines.perform, effects))
    assert {each.outcome for each in again} == {"accepted"}
    assert (len(receiver.got), len(receiver.taken)) == (10, 5)
    await lines.close()


async def test_a_connection_that_says_nothing_in_time_is_given_up(
    receiver: TcpReceiver, lines: TcpLines
) -> None:
    receiver.next.append("silent")
    await lines.perform(an_effect(a_line(receiver), 1))
    assert (await lines.perform(an_effect(a_line(receiver), 2))).outcome == "accepted"
    assert receiver.connections == 2


@pytest.mark.parametrize(
    "said", ["no JSON", {"id": "another"}, {"ok": True}, "x" * 100_000, {"id": "other", "ok": True}]
)
async def test_what_is_no_answer_makes_it_unknown(
    receiver: TcpReceiver, lines: TcpLines, said: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = receiver.say
    monkeypatch.setattr(receiver, "say", lambda writer, _: say(writer, said))
    delivery = await lines.perform(an_effect(a_line(receiver)))
    assert (delivery.outcome, delivery.again) == ("unknown", True)
    assert HERE not in delivery.reason
    assert str(receiver.port) not in delivery.reason
