"""A guest's events count for the account, once each, and for the guest no more."""

from datetime import timedelta

import msgspec
import pytest

from application.player_events.merging import copy_of, void_id, void_of
from domain.player_events.corrections import PlayerVoided, correction_of
from tests.player_events.conftest import Build
from tests.player_events.stored import Stored
from tests.player_events.test_correcting import agrees, follow, restore, void
from tests.player_events.told import NOON, Told, did, scored
from tests.projections.living import live, outcome, quietly
from tests.read_models import OF_PLAYERS

GUEST, ADA = "gus~2345678", "ada"
A_DAY = timedelta(days=1)
ID = "0196a3c4-5d6e-7f80-9a1b-2c3d4e5f6071"


def test_a_copy_is_the_event_under_another_player_with_its_own_times() -> None:
    event = scored(GUEST, 7, at=NOON - A_DAY, taken=NOON)
    copy = copy_of(event, ADA)
    assert copy.event_id != event.event_id
    assert not copy.minted, "or it would count as often as it comes"
    same = {"event_id": event.event_id, "player_id": GUEST, "minted": event.minted}
    assert msgspec.structs.replace(copy, **same) == event


def test_a_copy_has_one_id_for_each_event_and_account() -> None:
    event = scored(GUEST, id=ID)
    again = scored(GUEST, id=ID, taken=NOON + 8 * A_DAY)
    ids = {
        copy_of(event, ADA).event_id,
        copy_of(event, "ben").event_id,
        copy_of(again, ADA).event_id,
        copy_of(scored("gil~2345678", id=ID), ADA).event_id,
    }
    assert len(ids) == 4
    assert copy_of(event, ADA).event_id == copy_of(scored(GUEST, id=ID), ADA).event_id


@pytest.mark.parametrize("at", [NOON - 10_000 * A_DAY, NOON, NOON + 10_000 * A_DAY])
def test_the_void_of_a_merge_covers_all_that_a_guest_is_ever_said_to_have_done(at: object) -> None:
    record = void_of(GUEST, ADA, by="olga", at=NOON)
    said = correction_of(record)
    assert isinstance(said, PlayerVoided)
    assert said.covers(at)  # type: ignore[arg-type]
    assert (record.player_id, record.event_id) == (GUEST, void_id(GUEST, ADA))
    assert (said.by, said.reason) == ("olga", "merged into ada")


def test_scores_and_statistics_move_and_a_repetition_changes_nothing(
    read_model: Build, told: Told, stored: Stored
) -> None:
    events = [
        scored(GUEST, 90),
        scored(GUEST, 5, at=NOON - 10 * A_DAY, taken=NOON),
        did("level_up", GUEST),
    ]
    told.tell(*events, scored(ADA, 10), scored("bob", 50))
    follow(read_model)
    for days in (1, 2):  # the second time, as whoever was killed half way
        told.tell(*(copy_of(each, ADA) for each in events))
        follow(read_model)
        told.tell(void_of(GUEST, ADA, by="olga", at=NOON + days * A_DAY))
        follow(read_model)
        rows = stored.statistics()
        assert GUEST not in rows
        assert rows[ADA]["total_events"] == 4
    for name in OF_PLAYERS:
        assert outcome(live(read_model(name)).verify(quietly)) == (True, 0), name


def test_what_an_operator_has_voided_of_the_account_stays_voided(
    read_model: Build, told: Told, stored: Stored
) -> None:
    event = scored(GUEST, 90)
    told.tell(event, void(ADA), copy_of(event, ADA), void_of(GUEST, ADA, by="olga", at=NOON))
    follow(read_model)
    assert stored.statistics() == {}
    agrees(stored, told)


def test_a_merge_that_is_done_again_once_its_void_was_taken_back_voids_for_good(
    read_model: Build, told: Told, stored: Stored
) -> None:
    voids = [void_of(GUEST, ADA, by="olga", at=NOON + days * A_DAY) for days in (1, 2)]
    for event in (scored(GUEST, 90), voids[0], restore(voids[0]), voids[1]):
        told.tell(event)
        follow(read_model)
    assert stored.statistics() == {}
    kept = [event_id for _, event_id, _, _ in stored.archive()]
    assert kept.count(void_id(GUEST, ADA)) == 2, "or a rebuild from the archive would count it"
