"""What a record would change can be seen before it is appended, and nothing changes by looking."""

import uuid
from contextlib import closing

import msgspec
import pytest

from application.ports.projections import Change
from infra.errors import SetupError
from infra.player_events.preview import preview
from infra.postgres.database import Database
from tests.conftest import Hall
from tests.player_events.conftest import Build
from tests.player_events.stored import Stored
from tests.player_events.test_correcting import follow, replace, void
from tests.player_events.told import NOON, Told, scored


def everything(stored: Stored) -> tuple[object, ...]:
    return stored.archive(), stored.statistics(), stored.scores(), stored.best()


def test_a_void_shows_who_loses_what_and_who_moves_up(
    empty: Hall, read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", 90), scored("bob", 10))
    follow(read_model)
    before = everything(stored)

    with closing(Database(empty.postgres)) as database:
        changes = preview(database, [void("ada")])

    assert everything(stored) == before
    at = f"chess daily {NOON.date()}"
    assert Change("leaderboards", f"{at} ada", "rank 1, 90", None) in changes
    assert Change("leaderboards", f"{at} bob", "rank 2, 10", "rank 1, 10") in changes
    (gone,) = (c for c in changes if c.table == "player_statistics")
    assert (gone.key, gone.after) == ("ada", None)
    assert {c.key.split()[-1] for c in changes} == {"ada", "bob"}


def test_what_was_shown_is_what_comes(
    empty: Hall, read_model: Build, told: Told, stored: Stored
) -> None:
    (wrong, _) = told.tell(scored("ada", 90), scored("bob", 100))
    follow(read_model)
    correction = replace(wrong, data=msgspec.Raw(b'{"score":110}'))
    with closing(Database(empty.postgres)) as database:
        shown = {(c.table, c.key): c.after for c in preview(database, [correction])}

    told.tell(correction)
    follow(read_model)

    places = stored.best()["chess", "daily", NOON.date()]
    assert places == [(1, "ada", 110), (2, "bob", 100)]
    for rank, player, score in places:
        key = "leaderboards", f"chess daily {NOON.date()} {player}"
        assert shown[key] == f"rank {rank}, {score}"
    with closing(Database(empty.postgres)) as database:
        assert preview(database, [correction]) == [], "and doing it twice changes nothing more"


def test_what_no_consumer_could_take_is_refused_with_the_reason(
    empty: Hall, read_model: Build, told: Told, stored: Stored
) -> None:
    (event,) = told.tell(scored("ada", 90))
    follow(read_model)
    wrong = replace(event, data=msgspec.Raw(b'{"score":"ninety"}'))
    with closing(Database(empty.postgres)) as database:
        with pytest.raises(SetupError, match=r"leaderboards could not take this: .*`str`"):
            preview(database, [wrong])
        with pytest.raises(SetupError, match="event-archive could not take this"):
            preview(database, [replace(event, event_id="seventeen")])


def test_without_an_archive_there_is_nothing_to_look_at(empty: Hall) -> None:
    with (
        closing(Database(empty.postgres)) as database,
        pytest.raises(SetupError, match="no archive"),
    ):
        preview(database, [void(str(uuid.uuid4()))])
