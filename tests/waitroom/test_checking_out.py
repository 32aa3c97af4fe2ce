from collections.abc import Callable
from itertools import permutations

import pytest

from domain.aggregate import Command
from domain.events import DomainEvent
from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    FailCheckout,
    Place,
    RedeemPass,
    RoomView,
    TendWaitroom,
)
from domain.waitroom.events import (
    CheckoutCompleted,
    CheckoutCompletedLate,
    CheckoutExpired,
    CheckoutFailed,
    PassRedeemed,
    SessionAdmitted,
)
from domain.waitroom.operated import MOST_AT_ONCE
from domain.waitroom.refusals import (
    CheckoutOver,
    NotAdmitted,
    PassRedeemedBefore,
    SessionNotFound,
)
from tests.given import at
from tests.waitroom.rooms import EVENT, joining, leaving, room

Outcome = Callable[..., Command]
OUTCOMES: list[tuple[Outcome, type[DomainEvent], str]] = [
    (CompleteCheckout, CheckoutCompleted, "completed"),
    (FailCheckout, CheckoutFailed, "failed"),
    (ExpireCheckout, CheckoutExpired, "expired"),
]
TEND = TendWaitroom(event_id=EVENT)


@pytest.mark.parametrize(("outcome", "event", "status"), OUTCOMES)
def test_the_end_of_a_checkout_admits_the_next(
    outcome: Outcome, event: type[DomainEvent], status: str
) -> None:
    story = room("ann", "ben").when(outcome(event_id=EVENT, session_id="s-ann"), now=at(7))

    story.then(event, SessionAdmitted).with_facts(session_id="s-ann", user_id="ann")
    story.with_facts(1, session_id="s-ben", deadline=at(67)).folds_the_same()
    assert isinstance(story.reply, Place)
    assert (story.reply.status, story.reply.position, story.reply.deadline) == (status, 0, None)


def test_a_failure_keeps_its_reason() -> None:
    failure = FailCheckout(event_id=EVENT, session_id="s-ann", reason="card declined")

    room("ann").when(failure).with_facts(reason="card declined")


@pytest.mark.parametrize(("outcome", "_event", "status"), OUTCOMES)
def test_reporting_the_same_end_again_changes_nothing(
    outcome: Outcome, _event: type[DomainEvent], status: str
) -> None:
    end = outcome(event_id=EVENT, session_id="s-ann")
    story = room("ann").when(end).when(end).then()

    assert isinstance(story.reply, Place)
    assert story.reply.status == status


OTHERWISE = [
    pair for pair in permutations([o[0] for o in OUTCOMES], 2)
    if pair != (ExpireCheckout, CompleteCheckout)
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), OTHERWISE)
def test_a_checkout_ends_in_one_way_only(first: Outcome, second: Outcome) -> None:
    story = room("ann").when(first(event_id=EVENT, session_id="s-ann"))

    story.when(second(event_id=EVENT, session_id="s-ann")).refuses(CheckoutOver)


@pytest.mark.parametrize("outcome", [o[0] for o in OUTCOMES])
def test_only_who_was_admitted_can_check_out(outcome: Outcome) -> None:
    story = room("ann", "ben")

    story.when(outcome(event_id=EVENT, session_id="s-ben")).refuses(NotAdmitted)
    story.when(outcome(event_id=EVENT, session_id="s-eve")).refuses(SessionNotFound)
    story.when(leaving("ann")).when(outcome(event_id=EVENT, session_id="s-ann"))
    story.refuses(CheckoutOver)


def test_the_room_wants_to_be_woken_when_the_first_checkout_runs_out() -> None:
    story = room(capacity=2)
    assert story.aggregate.deadline is None

    story = room("ann", "ben", capacity=2).when(leaving("ann"))
    assert story.aggregate.deadline == at(65)
    assert story.aggregate.on_deadline() == TEND


def test_what_is_overdue_expires_and_the_line_moves_up() -> None:
    story = room("ann", "ben", "cem", "dora", "eve", capacity=2)

    story.when(TEND, now=at(65))
    story.then(CheckoutExpired, CheckoutExpired, SessionAdmitted, SessionAdmitted)
    story.with_facts(0, session_id="s-ann").with_facts(2, session_id="s-cem", deadline=at(125))
    assert story.folds_the_same().aggregate.deadline == at(130)


def test_nothing_expires_before_its_time() -> None:
    room("ann").when(TEND, now=at(64.9)).then()


@pytest.mark.parametrize(("seconds", "grace"), [(1, 0.1), (10, 1), (50, 5), (3_600, 5)])
def test_a_checkout_has_a_moment_longer_than_it_was_told(seconds: float, grace: float) -> None:
    story = room("ann", checkout_seconds=seconds)

    assert story.aggregate.deadline == at(seconds + grace)
    assert isinstance(story.reply, Place)
    assert story.reply.deadline == at(seconds)
    paid = CompleteCheckout(event_id=EVENT, session_id="s-ann")
    story.when(TEND, now=at(seconds + 0.02)).then()
    story.when(paid, now=at(seconds + 0.03)).then(CheckoutCompleted)


PAID = CompleteCheckout(event_id=EVENT, session_id="s-ann")


@pytest.mark.parametrize("ends", [TEND, ExpireCheckout(event_id=EVENT, session_id="s-ann")])
def test_a_purchase_that_is_reported_late_counts_and_takes_nobodys_slot(ends: Command) -> None:
    story = room("ann", "ben").when(ends, now=at(65)).then(CheckoutExpired, SessionAdmitted)

    story.when(PAID, now=at(60 + 900)).then(CheckoutCompletedLate)
    story.with_facts(session_id="s-ann", user_id="ann").folds_the_same()
    assert isinstance(story.reply, Place)
    assert (story.reply.status, story.reply.deadline) == ("completed", None)
    assert isinstance(story.aggregate.view, RoomView)
    assert (story.aggregate.view.ready, story.aggregate.view.waiting) == (1, 0)
    story.when(PAID, now=at(9_999)).then()
    story.when(FailCheckout(event_id=EVENT, session_id="s-ann")).refuses(CheckoutOver)


def test_a_purchase_that_is_reported_later_than_that_is_refused() -> None:
    room("ann").when(TEND, now=at(65)).when(PAID, now=at(60 + 900.1)).refuses(CheckoutOver)


def test_a_late_purchase_counts_though_the_customer_is_in_line_again() -> None:
    story = room("ann", "ben").when(TEND, now=at(65)).when(joining("ann", session="again"))

    story.when(PAID, now=at(70)).then(CheckoutCompletedLate)
    story.when(joining("ann"), now=at(71)).then()
    assert isinstance(story.reply, Place)
    assert (story.reply.session_id, story.reply.status) == ("again", "waiting")


def test_more_overdue_checkouts_than_fit_one_record_expire_in_turns() -> None:
    users = [f"u{number}" for number in range(MOST_AT_ONCE + 1)]
    story = room(*users, capacity=len(users))

    story.when(TEND, now=at(99)).then(*[CheckoutExpired] * MOST_AT_ONCE)
    assert story.aggregate.deadline == at(99.001), "others get their turn"
    story.when(TEND, now=at(99.001)).then(CheckoutExpired)
    assert story.aggregate.deadline is None


def test_the_shop_lets_somebody_in_for_a_pass_once() -> None:
    redeeming = RedeemPass(event_id=EVENT, session_id="s-ann")
    story = room("ann", "ben").when(redeeming, now=at(7))

    story.then(PassRedeemed).with_facts(session_id="s-ann", user_id="ann").folds_the_same()
    assert isinstance(story.reply, Place)
    assert (story.reply.status, story.reply.deadline) == ("ready", at(60))
    story.when(redeeming).refuses(PassRedeemedBefore)


def test_a_pass_of_somebody_who_waits_or_is_done_lets_nobody_in() -> None:
    room("ann", "ben").when(RedeemPass(event_id=EVENT, session_id="s-ben")).refuses(NotAdmitted)
    story = room("ann").when(leaving("ann")).when(RedeemPass(event_id=EVENT, session_id="s-ann"))
    story.refuses(CheckoutOver)
