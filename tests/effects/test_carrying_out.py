"""A rule is carried out: what happens is done, once, and the ledger says what came of it."""

from collections.abc import Sequence

import pytest

from application.effects.lines import Deposed
from application.effects.ports import Effect
from application.effects.runner import MOST_UNREPEATED
from application.ports.deliveries import Delivery
from domain.effects.actions import AnyAction, Email, RedisKey, SocketMessage, WebPush
from domain.effects.ledger import MOST_AFTER_S, MOST_OPEN, TRY_AGAIN_S, DropEffect, RetryEffect
from tests.effects.world import World, orders

LOST = Delivery("unknown", "The answer was lost.", again=True)
BUSY = Delivery("rejected", "It is busy.", again=True)
MAIL = Email(to="{user_id}", subject="Hello", text="Place {position}.")


def answering(*deliveries: Delivery) -> object:
    left = list(deliveries)

    def answer(_effect: Effect) -> tuple[bool, Delivery]:
        delivery = left.pop(0) if left else Delivery("accepted")
        return delivery.outcome != "rejected", delivery

    return answer


def test_each_event_leads_to_one_effect() -> None:
    world = World()
    first, second = world.topic.happens(0), world.topic.happens(1)
    world.works()
    assert dict(world.receiver.done) == {
        f"r:{first.topic}:0:0": 1,
        f"r:{second.topic}:1:0": 1,
    }
    assert world.ledger.statuses() == ["accepted", "accepted"]


def test_whoever_comes_later_repeats_nothing_even_where_positions_are_lost() -> None:
    world = World()
    for _ in range(3):
        world.topic.happens()
    world.works()
    world.positions.stored.clear()
    world.works()
    assert set(world.receiver.done.values()) == {1}


def test_a_filter_lets_others_pass() -> None:
    world = World(orders(where={"event_id": "concert"}))
    world.topic.happens(event_id="fair")
    world.topic.happens(event_id="concert")
    world.works()
    assert list(world.receiver.done) == ["r:QUEUE_JOINED:0:1"]


def test_what_lacks_a_field_is_rejected_with_the_reason() -> None:
    world = World(orders(RedisKey(key="joins:{event_id}")))
    world.topic.happens()
    world.works()
    (row,) = world.ledger.rows.values()
    assert (row.status, row.reason) == ("rejected", "The event tells no event_id.")
    assert not world.receiver.done


def test_what_is_refused_for_now_is_tried_again_later_and_later() -> None:
    world = World(partitions=1)
    world.receiver.answering = answering(BUSY, BUSY)  # type: ignore[assignment]
    world.topic.happens()
    worker = world.works(steps=2)
    assert world.ledger.statuses() == ["waiting"]
    world.passes(TRY_AGAIN_S[0])
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["waiting"]
    world.passes(TRY_AGAIN_S[1])
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["accepted"]
    assert world.receiver.done.total() == 1


def test_whoever_asks_to_be_left_alone_is_not_tried_before() -> None:
    world = World(partitions=1)
    busy = BUSY._replace(after_s=2 * MOST_AFTER_S)
    world.receiver.answering = answering(busy)  # type: ignore[assignment]
    world.topic.happens()
    worker = world.works(steps=2)
    world.passes(MOST_AFTER_S - 10)
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["waiting"]
    world.passes(10)
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["accepted"], "after a day, whatever was asked for"


def test_what_is_refused_for_good_is_parked_and_an_operator_tries_it_again() -> None:
    world = World(partitions=1)
    world.receiver.answering = answering(*[BUSY] * (len(TRY_AGAIN_S) + 1))  # type: ignore[assignment]
    world.topic.happens()
    worker = world.works(steps=2)
    for pause in TRY_AGAIN_S:
        world.passes(pause)
        world.works(worker, steps=2)
    assert world.ledger.statuses() == ["parked"]
    world.ledger.decide(RetryEffect(line="r:QUEUE_JOINED:0", seq=0))
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["accepted"]


def test_a_lost_answer_is_asked_for_again_only_where_that_harms_nobody() -> None:
    harmless, mail = World(partitions=1), World(orders(MAIL), partitions=1)
    for world in (harmless, mail):
        world.receiver.answering = answering(LOST)  # type: ignore[assignment]
        world.topic.happens(user_id="ada", position=3)
        worker = world.works(steps=2)
        world.passes(TRY_AGAIN_S[0])
        world.works(worker, steps=2)
    assert harmless.ledger.statuses() == ["accepted"]
    assert mail.ledger.statuses() == ["unknown"]
    assert mail.receiver.done.total() == 1
    assert harmless.ledger.counts["r", "file", "repeated"] == 1


def test_what_is_gone_from_the_topic_cannot_be_tried_again() -> None:
    world = World(partitions=1)
    world.receiver.answering = answering(BUSY)  # type: ignore[assignment]
    world.topic.happens()
    worker = world.works(steps=2)
    world.topic.first = 1
    world.passes(TRY_AGAIN_S[0])
    world.works(worker, steps=2)
    (row,) = world.ledger.rows.values()
    assert (row.status, "gone" in row.reason) == ("rejected", True)


def test_a_dropped_effect_is_tried_no_more() -> None:
    world = World(partitions=1)
    world.receiver.answering = answering(BUSY)  # type: ignore[assignment]
    world.topic.happens()
    worker = world.works(steps=2)
    world.ledger.decide(DropEffect(line="r:QUEUE_JOINED:0", seq=0))
    world.passes(TRY_AGAIN_S[0])
    world.works(worker, steps=2)
    assert world.ledger.statuses() == ["dropped"]
    assert not world.receiver.done.total()


@pytest.mark.parametrize(
    ("action", "together"),
    [
        (MAIL, [MOST_UNREPEATED] * 3 + [4]),
        (WebPush(person="{user_id}", title="Hello"), [MOST_UNREPEATED] * 3 + [4]),
        (SocketMessage(person="{user_id}"), [100]),
        (RedisKey(key="joins"), [100]),
    ],
)
def test_of_what_nobody_repeats_no_more_is_attempted_than_is_done_at_a_time(
    action: AnyAction, together: list[int]
) -> None:
    world, attempted = World(orders(action)), list[int]()
    for number in range(100):
        world.topic.happens(number % 2, user_id="ada", position=3)

    def perform(effects: Sequence[Effect]) -> list[Delivery]:
        attempted.append(world.ledger.statuses().count("attempted"))
        return world.receiver.perform(effects)

    world.works(world.begun(perform=perform))
    assert [count for count in attempted if count] == together
    assert world.ledger.statuses() == ["accepted"] * 100


def test_a_full_line_takes_no_more_until_there_is_room() -> None:
    world = World(partitions=1)
    world.receiver.answering = lambda _: (False, BUSY)
    for _ in range(MOST_OPEN + 50):
        world.topic.happens()
    worker = world.works(steps=20)
    assert len(world.ledger.rows) == MOST_OPEN
    world.receiver.answering = lambda _: (True, Delivery("accepted"))
    world.passes(TRY_AGAIN_S[2])
    world.works(worker, steps=30)
    assert world.ledger.statuses() == ["accepted"] * (MOST_OPEN + 50)


def test_who_was_deposed_ends() -> None:
    world = World()
    former = world.works()
    world.works()
    world.topic.happens()
    world.passes(1)
    with pytest.raises(Deposed):
        former.step(0)
    assert not world.receiver.done


def test_a_changed_filter_is_for_what_comes_from_here() -> None:
    world = World(orders(where={"event_id": "concert"}), partitions=1)
    world.topic.happens(event_id="fair")
    world.works().leave()
    world.positions.stored.clear()
    world.rule = orders(where={"event_id": "fair"}, version=2)
    world.works()
    assert not world.receiver.done
    world.topic.happens(event_id="fair")
    world.works()
    assert list(world.receiver.done) == ["r:QUEUE_JOINED:0:1"]


def test_it_works_until_it_is_told_to_stop_and_notes_how_far_it_has_read() -> None:
    world = World(partitions=1)
    world.topic.happens()
    asked = iter([False, False, True])
    world.worker().run(lambda: next(asked))
    assert world.ledger.statuses() == ["accepted"]
    assert world.positions.stored[0].offset == 1
