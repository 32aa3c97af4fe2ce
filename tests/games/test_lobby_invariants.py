"""What holds in the lobby whatever people, games and clocks do."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.aggregate import Command
from domain.categories import GAMES
from domain.events import DomainEvent
from domain.games.commands import CloseTable, HandOverPlace, Meet, SeatOverdueBots
from domain.games.events import (
    BotSeated,
    GameSought,
    PlaceHandedOver,
    PlayersPaired,
    SeekCancelled,
    TableClosed,
)
from domain.games.lobby import Lobby
from domain.refusals import Refusal
from tests.games.tables import cancelling, seeking
from tests.given import T0
from tests.snapshots import folds_the_same_from_any_snapshot

USERS = ["ann", "ben", "cem", "dan", "eve"]
users = st.sampled_from(USERS)


class AnyLobby(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.lobby = Lobby()
        self.history: list[DomainEvent] = []
        self.now = T0
        self.line: list[str] = []
        self.tables: dict[str, list[str]] = {}

    def decide(self, command: Command) -> None:
        try:
            self.lobby.decide(command, self.now)
        except Refusal:
            assert not self.lobby.collect_events()
        for event in self.lobby.collect_events():
            self.history.append(event)
            assert event.originator_version == len(self.history)
            self.follow(event)

    def follow(self, event: DomainEvent) -> None:
        """A model that keeps a line, first come, first served."""
        match event:
            case GameSought(user_id=user):
                self.line.append(user)
            case SeekCancelled(user_id=user):
                self.line.remove(user)
            case PlayersPaired(game_id=table, player1=first, player2=second):
                if self.line and self.line[0] in (first, second):
                    self.line.pop(0)
                self.tables[table] = [first, second]
            case BotSeated(game_id=table, player1=first):
                assert self.line.pop(0) == first
                self.tables[table] = [first]
            case PlaceHandedOver(game_id=table, previous=previous, user_id=user):
                seats = self.tables[table]
                seats[seats.index(previous)] = user
            case TableClosed(game_id=table):
                del self.tables[table]

    @rule(user=users, bot_after=st.floats(0, 20))
    def seek(self, user: str, bot_after: float) -> None:
        table = f"table-{len(self.history)}"
        self.decide(seeking(user, table=table, bot_after=bot_after))

    @rule(user=users, opponent=users)
    def meet(self, user: str, opponent: str) -> None:
        before = len(self.history)
        places = [*self.line, *(each for table in self.tables.values() for each in table)]
        table = f"table-{before}"
        self.decide(Meet(user_id=user, opponent=opponent, game_id=table))
        agreed = user != opponent and not {user, opponent} & set(places)
        assert (len(self.history) > before) == agreed

    @rule(user=users)
    def cancel(self, user: str) -> None:
        self.decide(cancelling(user))

    @rule(user=users, to=users)
    def hand_over(self, user: str, to: str) -> None:
        self.decide(HandOverPlace(user_id=user, to=to))

    @rule(number=st.integers(0, 30))
    def close(self, number: int) -> None:
        self.decide(CloseTable(game_id=f"table-{number}"))

    @rule(seconds=st.floats(0, 15))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.decide(SeatOverdueBots())
        assert self.lobby.deadline is None or self.lobby.deadline > self.now

    @invariant()
    def nobody_has_two_places(self) -> None:
        places = self.line + [user for players in self.tables.values() for user in players]
        assert len(set(places)) == len(places)

    @invariant()
    def two_who_look_are_never_kept_apart(self) -> None:
        assert len(self.line) <= 1
        assert (self.lobby.deadline is None) == (not self.line)

    def teardown(self) -> None:
        """A folded lobby is the decided one: same version, deadline and answers."""
        folds_the_same_from_any_snapshot(GAMES, Lobby, self.lobby.id, self.history)
        folded = Lobby.fold(self.lobby.id, self.history)
        assert folded.version == self.lobby.version
        assert folded.deadline == self.lobby.deadline
        for user in USERS:
            again = seeking(user, table="new-table")
            assert folded.decide(again, self.now) == self.lobby.decide(again, self.now)
            assert folded.collect_events() == self.lobby.collect_events()
            for lobby in (folded, self.lobby):
                lobby.decide(CloseTable(game_id="new-table"), self.now)
                lobby.collect_events()


@pytest.fixture(autouse=True)
def _short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.games.lobby.EVENTS_TO_A_ROW", 4)


class TestAnyLobby(AnyLobby.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
