"""Where idle aggregates are, against a dictionary."""

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from application.log import places
from application.log.places import Places, Whereabouts

ids = st.sampled_from([f"id-{number}" for number in range(60)])
whereabouts = st.builds(
    Whereabouts, offset=st.integers(0, 2**63 - 1), version=st.integers(1, 2**32 - 1)
)
steps = st.lists(st.tuples(ids, st.none() | whereabouts), max_size=300)


@pytest.mark.parametrize("segments", [1, 4, 256])
@settings(max_examples=150, deadline=None)
@for_all(steps=steps)
def test_places_are_what_was_noted_last_and_not_forgotten_since(
    segments: int, steps: list[tuple[str, Whereabouts | None]]
) -> None:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(places, "SEGMENT_COUNT", segments)  # one is as full as can be
        noted, model = Places(), dict[str, Whereabouts]()
        for id, place in steps:
            if place is None:
                assert noted.pop(id) == model.pop(id, None)
            else:
                noted.put(id, place)
                model[id] = place
            assert len(noted) == len(model)
            assert noted.versions == sum(each.version for each in model.values())
        for id in (f"id-{number}" for number in range(60)):
            assert noted.get(id) == model.get(id)
            assert (id in noted) == (id in model)


def test_a_hundred_thousand_places_are_found_and_no_other() -> None:
    noted = Places()
    for number in range(100_000):
        noted.put(f"there-{number}", Whereabouts(number, 1))
    for number in range(0, 100_000, 2):
        noted.pop(f"there-{number}")
    assert len(noted) == 50_000
    assert all((f"there-{n}" in noted) == (n % 2 == 1) for n in range(100_000))
    assert not any(f"elsewhere-{number}" in noted for number in range(20_000))
