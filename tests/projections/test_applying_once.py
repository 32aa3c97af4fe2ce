from contextlib import suppress
from itertools import count

import pytest

from application.ports.projections import PositionConflict
from tests.projections.conftest import Build
from tests.projections.living import is_true, live, quietly
from tests.projections.stories import tell_of_everything, tell_of_rooms
from tests.projections.story import Narrator
from tests.read_models import OF_THE_LOG


class Crash(Exception):
    """The process ends here."""


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_two_workers_at_once_apply_every_event_once(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    one, other = live(read_model(name)).projector(), read_model(name).projector()
    assert one.resume()
    assert other.resume()
    tell_of_everything(narrator)

    assert one.step(0)
    with pytest.raises(PositionConflict):
        other.step(0)

    assert other.resume(), "who came too late goes on from where the first one stands"
    assert other.step(0) == 0
    assert is_true(read_model(name))


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_a_crash_in_the_middle_of_a_transaction_leaves_nothing_of_it(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    model = live(read_model(name))
    tell_of_everything(narrator)
    standing = model.store.standing()
    assert standing is not None
    model.reader.start(standing.checkpoints)
    batch = model.reader.read(50, 0)

    with suppress(Crash), model.store.writing(batch.checkpoints) as writing:
        writing.apply(batch.events)
        raise Crash

    assert model.store.standing() == standing
    assert is_true(live(read_model(name)))


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_a_crash_after_the_transaction_repeats_nothing(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    worker = live(read_model(name)).projector()
    assert worker.resume()
    tell_of_everything(narrator)
    assert worker.step(0)  # and here the process ends, without having acknowledged anything

    assert is_true(live(read_model(name)))


def test_a_worker_goes_on_after_a_swap_from_where_the_new_generation_stands(
    read_model: Build, narrator: Narrator
) -> None:
    worker = live(read_model("waitroom")).projector()
    assert worker.resume()
    tell_of_rooms(narrator)
    read_model("waitroom").rebuild(quietly)

    with pytest.raises(PositionConflict):
        worker.step(0)

    assert worker.resume()
    assert worker.step(0) == 0, "the new generation holds it all"


def test_run_survives_being_moved_and_ends_when_told(read_model: Build, narrator: Narrator) -> None:
    tell_of_rooms(narrator)
    worker, rounds = read_model("waitroom").projector(), count()

    def stopped() -> bool:
        number = next(rounds)
        if number == 3:
            read_model("waitroom").rebuild(quietly)
        return number >= 5

    worker.run(stopped)

    assert is_true(read_model("waitroom"))
