"""What the fold of `game-metrics` counts, whatever comes in which batch."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.events import DomainEvent
from domain.games.events import Result
from projections.games.game_metrics import (
    COUNTED,
    OF_PEOPLE,
    GameWindow,
    MetricChanges,
    Per,
    Seats,
    Window,
    WindowWinner,
)
from tests.games.windows import Played, recorded, shown
from tests.given import T0, at


class Tables:
    """The tables of the read model, in memory."""

    def __init__(self) -> None:
        self.windows: dict[Window, Counter[str]] = defaultdict(Counter)
        self.winners: Counter[tuple[Window, str]] = Counter()
        self.running: dict[str, Seats] = {}

    def apply(self, events: Sequence[DomainEvent]) -> None:
        changes = MetricChanges(recorded(events))
        changes.count({id: self.running.pop(id) for id in changes.earlier()})
        self.running |= changes.running()
        for window, counts in changes.windows.items():
            self.windows[window].update(counts)
        self.winners.update(changes.winners)

    def shown(self, per: Per) -> list[GameWindow]:
        return [self._window(window) for window in sorted(self.windows) if window[0] == per]

    def _window(self, window: Window) -> GameWindow:
        counts = self.windows[window]
        finished, of_people = counts["finished"], counts["finished"] - counts["with_bot"]
        wins = [(-n, user) for (place, user), n in self.winners.items() if place == window]
        return GameWindow(
            per=window[0],
            starts_at=window[1],
            **{name: counts[name] for name in (*COUNTED, *OF_PEOPLE)},
            mean_duration_seconds=counts["milliseconds"] / 1_000 / finished if finished else None,
            mean_moves=counts["moves"] / finished if finished else None,
            first_move_advantage=(counts["first_wins"] - counts["second_wins"]) / of_people
            if of_people
            else None,
            winners=[WindowWinner(user_id=user, wins=-n) for n, user in sorted(wins)[:3]],
        )


def folded(*games: Played, per: Per = "day") -> list[GameWindow]:
    tables = Tables()
    tables.apply([event for game in games for event in game.events()])
    return tables.shown(per)


users = st.sampled_from(["ada", "bob", "cyd", "dan", "eve"])


@st.composite
def a_game(draw: st.DrawFn) -> Played:
    first, second = draw(st.lists(users, min_size=2, max_size=2, unique=True))
    with_bot = draw(st.booleans())
    second = "bot-easy" if with_bot else second
    result: Result = draw(st.sampled_from(["win", "draw", "resignation", "timeout"]))
    may_win = [first, second] if result == "win" else [first, second, None]
    begins = at(draw(st.integers(0, 3 * 86_400)))
    lasts = timedelta(milliseconds=draw(st.integers(0, 7_200_000)))
    return Played(
        begins=begins,
        ends=draw(st.one_of(st.none(), st.just(begins + lasts))),
        result=result,
        winner=None if result == "draw" else draw(st.sampled_from(may_win)),
        first=first,
        second=second,
        with_bot=with_bot,
        moves=draw(st.integers(0, 42)),
    )


@st.composite
def a_log(draw: st.DrawFn) -> tuple[list[Played], list[DomainEvent]]:
    """Games, and their events: each game's in order, those of different games in any."""
    drawn = draw(st.lists(a_game(), max_size=12))
    games = [Played(**{**vars(game), "id": f"game-{n}"}) for n, game in enumerate(drawn)]
    left = [list(game.events()) for game in games]
    order = draw(st.permutations([n for n, events in enumerate(left) for _ in events]))
    return games, [left[n].pop(0) for n in order]


@settings(deadline=None, max_examples=150)
@for_all(a_log(), st.lists(st.integers(0, 24), max_size=5))
def test_windows_are_the_same_in_whatever_order_and_batches_games_are_folded(
    log: tuple[list[Played], list[DomainEvent]], cuts: list[int]
) -> None:
    games, events = log
    tables = Tables()
    for start, end in pairwise([0, *sorted(cuts), len(events)]):
        tables.apply(events[start:end])
    for per in ("hour", "day"):
        assert tables.shown(per) == shown(games, per)
    assert len(tables.running) == sum(game.ends is None for game in games)


def test_a_game_counts_where_it_ended_however_long_it_was_and_is_started_where_it_began() -> None:
    midnight = T0 + timedelta(hours=12)
    game = Played(begins=midnight - timedelta(seconds=1), ends=midnight, moves=9)
    (before, after) = folded(game)
    assert (before.started, before.finished, before.winners) == (1, 0, [])
    assert (after.starts_at, after.started, after.finished) == (midnight, 0, 1)
    assert (after.mean_duration_seconds, after.mean_moves) == (1.0, 9.0)


def test_what_it_is_worth_to_move_first_is_told_by_games_between_people() -> None:
    won = [Played(id=f"w{n}", ends=at(9)) for n in range(5)]
    lost = [Played(id=f"l{n}", ends=at(9), winner="bob") for n in range(2)]
    drawn = Played(id="d", ends=at(9), result="draw", winner=None)
    left = Played(id="x", ends=at(9), result="timeout", winner=None)
    with_bot = [
        Played(id=f"b{n}", ends=at(9), with_bot=True, second="bot-hard", winner="bot-hard")
        for n in range(9)
    ]
    (day,) = folded(*won, *lost, drawn, left, *with_bot)
    assert (day.first_wins, day.second_wins, day.finished, day.with_bot) == (5, 2, 17, 9)
    assert day.first_move_advantage == (5 - 2) / 8
    assert day.abandoned == 1
    (with_bots_alone,) = folded(*with_bot)
    assert with_bots_alone.first_move_advantage is None


def test_bots_are_no_winners_and_who_beats_one_is() -> None:
    beaten = Played(id="1", ends=at(9), with_bot=True, second="bot-easy")
    lost = Played(id="2", ends=at(9), with_bot=True, second="bot-easy", winner="bot-easy")
    (day,) = folded(beaten, lost)
    assert day.winners == [WindowWinner(user_id="ada", wins=1)]


def test_a_game_that_was_left_before_both_had_moved_counts_as_that_alone() -> None:
    (day,) = folded(Played(ends=at(9), result="resignation", winner=None))
    assert (day.started, day.abandoned, day.finished, day.resignations) == (1, 1, 0, 0)
    assert (day.mean_duration_seconds, day.mean_moves, day.winners) == (None, None, [])
