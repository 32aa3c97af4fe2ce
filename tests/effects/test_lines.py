"""What a line of the ledger lets happen."""

import pytest

from domain.categories import EFFECTS
from domain.effects.ledger import (
    MOST_AFTER_S,
    MOST_OPEN,
    TRY_AGAIN_S,
    Attempted,
    AttemptEffects,
    AttemptOutcome,
    DropEffect,
    EffectDropped,
    EffectNotOpen,
    EffectRetried,
    EffectsAttempted,
    EffectsSettled,
    EffectStanding,
    LineFull,
    LineTaken,
    LineTakenByAnother,
    LineView,
    Rejection,
    RetryEffect,
    SettleEffects,
    TakeLine,
    Told,
)
from domain.effects.line import LEFT, EffectLine
from tests.given import T0, Story, at, given
from tests.snapshots import folds_the_same_from_any_snapshot

LINE = "r:QUEUE_JOINED:0"
TAKE = TakeLine(line=LINE)


def attempt(*seqs: int, epoch: int = 1, repeats: bool = False) -> AttemptEffects:
    return AttemptEffects(
        line=LINE, epoch=epoch, up_to=max(seqs), seqs=seqs, kind="email", repeats=repeats
    )


def settle(seq: int, told: str, *, again: bool = False, epoch: int = 1) -> SettleEffects:
    outcome = AttemptOutcome(seq=seq, told=told, reason="because", again=again)  # type: ignore[arg-type]
    return SettleEffects(line=LINE, epoch=epoch, outcomes=[outcome])


def line(*commands: object) -> Story:
    return given(EffectLine(LINE), *commands)  # type: ignore[arg-type]


def standing(story: Story) -> EffectStanding:
    event = story.events[0]
    assert isinstance(event, EffectsSettled | LineTaken)
    return (event.standings if isinstance(event, EffectsSettled) else event.left)[0]


def test_who_takes_a_line_is_told_how_far_it_is() -> None:
    story = line(TAKE, attempt(3)).when(TAKE).then(LineTaken)
    assert story.reply == LineView(epoch=2, taken=3, room=MOST_OPEN - 1)


def test_an_effect_is_attempted_once_however_often_its_event_comes() -> None:
    story = line(TAKE).when(attempt(4, 4)).then(EffectsAttempted).with_facts(seqs=[4], up_to=4)
    story.when(attempt(4)).then()
    assert isinstance(story.reply, Attempted)
    assert story.reply.seqs == []
    story.when(settle(4, "accepted")).then(EffectsSettled).when(attempt(3, 4)).then()


def test_an_effect_that_is_attempted_is_taken_whatever_else_is_said() -> None:
    ahead = AttemptEffects(line=LINE, epoch=1, up_to=-1, seqs=[7], kind="email")
    line(TAKE).when(ahead).then(EffectsAttempted).with_facts(up_to=7)


def test_who_had_the_line_before_decides_nothing_any_more() -> None:
    story = line(TAKE, attempt(1), TAKE)
    story.when(attempt(2)).refuses(LineTakenByAnother)
    story.when(settle(1, "accepted")).refuses(LineTakenByAnother)
    line().when(attempt(1)).refuses(LineTakenByAnother)


def test_what_came_of_a_former_attempt_is_not_taken_for_what_comes_of_this_one() -> None:
    story = line(TAKE, attempt(1), TAKE, RetryEffect(line=LINE, seq=1), attempt(1, epoch=2))
    story.when(settle(1, "rejected", again=True)).refuses(LineTakenByAnother)
    assert standing(story.when(settle(1, "accepted", epoch=2))).status == "accepted"


def test_what_a_worker_left_is_unknown_or_waits_if_it_may_be_done_twice() -> None:
    left = standing(line(TAKE, attempt(1)).when(TAKE))
    assert left == EffectStanding(seq=1, status="unknown", reason=LEFT, doubted=True)
    again = standing(line(TAKE, attempt(1, repeats=True)).when(TAKE))
    assert again == EffectStanding(seq=1, status="waiting", reason=LEFT, due=T0, doubted=True)


@pytest.mark.parametrize("repeats", [False, True])
def test_what_was_refused_for_now_waits_longer_each_time(repeats: bool) -> None:
    story, now = line(TAKE, attempt(1, repeats=repeats)), T0
    for pause in TRY_AGAIN_S:
        stands = standing(story.when(settle(1, "rejected", again=True), now=now))
        assert (stands.status, stands.due, stands.doubted) == (
            "waiting",
            at(0) + (now - T0) + (at(pause) - T0),
            False,
        )
        assert stands.due is not None
        now = stands.due
        story.when(attempt(1, repeats=repeats), now=now).then(EffectsAttempted)
    assert standing(story.when(settle(1, "rejected", again=True), now=now)).status == "parked"


@pytest.mark.parametrize("told", ["rejected", "unknown"])
def test_who_asks_to_be_left_alone_is_for_so_long_and_no_shorter_than_others(told: Told) -> None:
    for after_s, pause in ((0, TRY_AGAIN_S[0]), (2, TRY_AGAIN_S[0]), (MOST_AFTER_S, MOST_AFTER_S)):
        outcome = AttemptOutcome(seq=1, told=told, again=True, after_s=after_s)
        story = line(TAKE, attempt(1, repeats=True))
        story.when(SettleEffects(line=LINE, epoch=1, outcomes=[outcome]))
        assert standing(story).due == at(pause)


def test_what_is_not_due_is_not_tried() -> None:
    story = line(TAKE, attempt(1), settle(1, "rejected", again=True))
    story.when(attempt(1), now=at(TRY_AGAIN_S[0] - 1)).then()
    look = AttemptEffects(line=LINE, epoch=1, up_to=-1)
    story.when(look, now=at(TRY_AGAIN_S[0])).then()
    assert isinstance(story.reply, Attempted)
    assert [each.seq for each in story.reply.due] == [1]


def test_a_rejection_is_final_unless_an_earlier_attempt_may_have_done_it() -> None:
    assert standing(line(TAKE, attempt(1)).when(settle(1, "rejected"))).status == "rejected"
    doubted = line(TAKE, attempt(1, repeats=True), settle(1, "unknown", again=True))
    later = at(TRY_AGAIN_S[0])
    doubted.when(attempt(1, repeats=True), now=later)
    stands = standing(doubted.when(settle(1, "rejected"), now=later))
    assert (stands.status, stands.doubted) == ("unknown", True)


def test_an_unknown_outcome_is_not_tried_again_where_another_try_does_no_better() -> None:
    story = line(TAKE, attempt(1, repeats=True)).when(settle(1, "unknown"))
    assert standing(story).status == "unknown"


def test_an_operator_has_what_is_unknown_tried_again_or_lets_it_be() -> None:
    unknown = (TAKE, attempt(1), settle(1, "unknown"))
    story = line(*unknown).when(RetryEffect(line=LINE, seq=1)).then(EffectRetried)
    story.when(attempt(1)).then(EffectsAttempted).when(settle(1, "accepted")).then(EffectsSettled)
    assert standing(story).doubted
    line(*unknown).when(DropEffect(line=LINE, seq=1)).then(EffectDropped)


def test_nothing_is_decided_about_what_is_final_or_under_way() -> None:
    story = line(TAKE, attempt(1))
    story.when(RetryEffect(line=LINE, seq=1)).refuses(EffectNotOpen)
    story.when(settle(1, "accepted")).when(DropEffect(line=LINE, seq=1)).refuses(EffectNotOpen)
    line().when(RetryEffect(line=LINE, seq=1)).refuses(EffectNotOpen)


def test_what_cannot_be_attempted_is_taken_and_rejected() -> None:
    command = AttemptEffects(
        line=LINE, epoch=1, up_to=2, rejected=[Rejection(seq=2, reason="no field")], kind="email"
    )
    line(TAKE).when(command).then(EffectsAttempted).when(command).then()


def test_a_line_has_an_end() -> None:
    full = line(TAKE, attempt(*range(MOST_OPEN)))
    full.when(attempt(MOST_OPEN)).refuses(LineFull)
    full.when(settle(0, "accepted")).when(attempt(MOST_OPEN)).then(EffectsAttempted)


def test_a_settled_effect_leaves_the_line() -> None:
    story = line(TAKE, attempt(1, 2), settle(1, "accepted"), settle(2, "rejected"))
    assert isinstance(story.aggregate, EffectLine)
    assert story.aggregate.state().open == []


def test_a_restored_line_knows_all_of_it() -> None:
    history = line(
        TAKE,
        attempt(1, 2, 3),
        settle(1, "accepted"),
        settle(2, "rejected", again=True),
        settle(3, "unknown"),
        RetryEffect(line=LINE, seq=3),
        attempt(3),
        TAKE,
        DropEffect(line=LINE, seq=2),
    ).history
    folds_the_same_from_any_snapshot(EFFECTS, EffectLine, LINE, history)
