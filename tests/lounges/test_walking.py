"""Walking: a tile at each tick, along what is floor, and noted once somebody has come to stand."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from application.lounges.walking import (
    REST_TICKS,
    LoungeWalk,
    PathBlocked,
    Walked,
    WalkedTo,
    walked_in,
    written,
)
from domain.lounges.floor import Floor, Tile
from domain.lounges.view import LoungeStander
from tests.given import T0, at

PLAN = "0000\n0x12\n0005"
FLOOR = Floor.of(PLAN)
ANN = LoungeStander(user_id="ann", since=T0, x=0, y=0)


def tiles(*pairs: tuple[int, int]) -> list[Tile]:
    return [Tile(*each) for each in pairs]


def ticks(walk: LoungeWalk, count: int) -> list[dict[str, Any]]:
    """What people hear of steps, tick by tick."""
    return [{user: tuple(each.tile) for user, each in walk.tick().items()} for _ in range(count)]


def test_a_step_at_each_tick() -> None:
    walk = LoungeWalk(FLOOR)
    walk.walk(ANN, tiles((1, 0), (2, 0), (2, 1)))
    assert walk.where(ANN) == (0, 0), "nobody walks before the tick"
    assert ticks(walk, 4) == [{"ann": (1, 0)}, {"ann": (2, 0)}, {"ann": (2, 1)}, {}]
    assert walk.where(ANN) == (2, 1)


@pytest.mark.parametrize(
    "path",
    [
        tiles((2, 0)),
        tiles((1, 1)),
        tiles((0, 1), (1, 1)),
        tiles((0, 0)),
        tiles((0, 1), (0, 2), (0, 3)),
        tiles((1, 0), (2, 0), (3, 0), (3, 1)),
        tiles((0, 1), (0, 2), (1, 2), (2, 2), (3, 2)),
    ],
)
def test_nobody_walks_where_nobody_can(path: list[Tile]) -> None:
    walk = LoungeWalk(FLOOR)
    with pytest.raises(PathBlocked, match=r"Nobody can step from .* to .*\."):
        walk.walk(ANN, path)
    assert (ticks(walk, 1), walk.is_busy) == ([{}], False)


def test_another_path_takes_the_place_of_the_first() -> None:
    walk = LoungeWalk(FLOOR)
    walk.walk(ANN, tiles((1, 0), (2, 0)))
    walk.tick()
    walk.walk(ANN, tiles((0, 0)))
    assert ticks(walk, 2) == [{"ann": (0, 0)}, {}]


def test_who_stands_still_for_a_while_is_noted_once() -> None:
    walk = LoungeWalk(FLOOR)
    walk.walk(ANN, tiles((1, 0)))
    noted: list[Walked] = []
    for _ in range(REST_TICKS + 4):
        walk.tick()
        noted.append(walk.settled())
    assert [each for each in noted if each] == [{"ann": WalkedTo(Tile(1, 0), T0)}]
    assert not walk.is_busy


def test_who_leaves_the_screen_is_noted_at_once() -> None:
    walk = LoungeWalk(FLOOR)
    walk.walk(ANN, tiles((1, 0), (2, 0)))
    walk.tick()
    assert walk.stop("ann") == {"ann": WalkedTo(Tile(1, 0), T0)}
    assert (walk.stop("ann"), walk.is_busy) == ({}, False)


def test_what_is_said_of_another_visit_is_nothing_of_this_one() -> None:
    walk = LoungeWalk(FLOOR)
    walk.hear({"ann": WalkedTo(Tile(2, 0), at(-9))})
    assert walk.where(ANN) == (0, 0)
    walk.hear({"ann": WalkedTo(Tile(2, 0), T0)})
    assert walk.where(ANN) == (2, 0)


def test_who_walks_here_is_known_better_here() -> None:
    walk = LoungeWalk(FLOOR)
    walk.walk(ANN, tiles((1, 0), (2, 0)))
    walk.tick()
    walk.hear({"ann": WalkedTo(Tile(0, 0), T0)})
    assert ticks(walk, 1) == [{"ann": (2, 0)}]
    walk.forget("ann", T0 - timedelta(seconds=1))
    assert walk.where(ANN) != (0, 0), "that was another visit"
    walk.forget("ann", T0)
    assert (walk.where(ANN), walk.is_busy) == ((0, 0), False)


def test_what_is_told_is_read_again() -> None:
    walked = {"ann": WalkedTo(Tile(1, 2), T0), "bob": WalkedTo(Tile(0, 0), at(0.5))}
    assert walked_in(written(walked)) == walked


WISHES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8)


@for_all(st.lists(WISHES, max_size=5))
def test_wherever_people_want_to_go_they_step_on_floor_alone(wishes: list[Any]) -> None:
    walk, before = LoungeWalk(FLOOR), Tile(0, 0)
    for wish in wishes:
        try:
            walk.walk(ANN, tiles(*wish))
        except PathBlocked:
            continue
        for moved in ticks(walk, 3):
            if moved:
                assert FLOOR.allows(before, Tile(*moved["ann"]))
                before = Tile(*moved["ann"])
    assert FLOOR.has(walk.where(ANN))
