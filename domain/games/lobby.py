"""The lobby: who looks for a game meets who came first, or, after a while alone, a bot."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from domain.aggregate import Aggregate, decides, evolves
from domain.games.bots import BOT_NAMES
from domain.games.commands import (
    LOBBY_ID,
    CancelSeek,
    CloseTable,
    FindPlace,
    HandOverPlace,
    LobbyView,
    Meet,
    PlaceLook,
    SeatOverdueBots,
    Seek,
    SeekGame,
)
from domain.games.events import (
    BotSeated,
    GameSought,
    PlaceHandedOver,
    PlayersPaired,
    SeekCancelled,
    TableClosed,
)
from domain.games.refusals import (
    AlreadySeated,
    NameReserved,
    NotSeeking,
    PlayerBusy,
    SameOpponent,
    TableTaken,
)
from domain.games.states import LobbyState, LobbyTables
from domain.snapshot import Snapshot

EVENTS_TO_A_ROW = 512
"""Tables that were taken during so many events stand in a row, which is a part of a snapshot.
With the longest names there can be, it is within the megabyte that Kafka takes in one record."""


def by_lot(game_id: str, waiting: str, coming: str, now: datetime) -> tuple[str, str]:
    """Who begins, and who does not: a lot that is the same whoever draws it again.

    Neither can know it beforehand: who comes does not know the table, and nobody the microsecond
    at which the lobby decides.
    """
    lot = blake2b(f"{game_id}\n{coming}\n{now.isoformat()}".encode(), digest_size=1).digest()[0]
    return (waiting, coming) if lot % 2 else (coming, waiting)


class Row:
    """Some tables, and who sits there."""

    __slots__ = ("changed", "players_at")

    def __init__(self) -> None:
        self.changed = 0
        self.players_at: dict[str, tuple[str, ...]] = {}


class Lobby(Aggregate):
    """The one lobby; its stream key is `lobby`.

    It holds everyone who looks for a game, and everyone who sits at a table. Guarantees: a user
    has at most one seat, waiting or playing; who looks for anybody plays who waits. Therefore at
    most one user waits at any time, and every command takes constant time however many are seated.
    """

    states = (LobbyState, LobbyTables)

    def __init__(self, id: str = LOBBY_ID) -> None:
        super().__init__(id)
        self._waiting: GameSought | None = None
        self._table_of: dict[str, str] = {}
        self._row_of: dict[str, int] = {}
        self._rows: dict[int, Row] = {}

    @decides(SeekGame)
    def seek(self, command: SeekGame, now: datetime) -> Seek:
        """Pair with who waits, or wait; who has a place already is told which."""
        if command.user_id in BOT_NAMES:
            raise NameReserved(command.user_id)
        if not self._has_place(command.user_id):
            self._find_place(command, now)
        return self._place_of(command.user_id)

    @decides(Meet)
    def meet(self, command: Meet, now: datetime) -> Seek:
        """Seat two who have agreed to play each other, past whoever waits.

        Both may ask for it at once; whom the other has seated there is told so.
        """
        if command.user_id == command.opponent:
            raise SameOpponent(command.user_id)
        if self._sit_at(command.game_id, command.user_id, command.opponent):
            return self._place_of(command.user_id)
        for user in (command.user_id, command.opponent):
            if user in BOT_NAMES:
                raise NameReserved(user)
            if self._has_place(user):
                raise PlayerBusy(user)
        self._require_free(command.game_id)
        first, second = by_lot(command.game_id, command.opponent, command.user_id, now)
        self._record(PlayersPaired, game_id=command.game_id, player1=first, player2=second)
        return self._place_of(command.user_id)

    @decides(CancelSeek)
    def cancel(self, command: CancelSeek, _now: datetime) -> Seek:
        """Stop waiting; who has been seated resigns the game instead, which costs nothing yet."""
        user = command.user_id
        if user in self._table_of:
            raise AlreadySeated(user, self._table_of[user])
        if self._waiting is None or self._waiting.user_id != user:
            raise NotSeeking(user)
        game_id = self._waiting.game_id
        if command.game_id not in (None, game_id):
            raise NotSeeking(user)
        self._record(SeekCancelled, user_id=user, game_id=game_id)
        return Seek(user_id=user, game_id=game_id, status="cancelled")

    @decides(FindPlace)
    def find(self, command: FindPlace, now: datetime) -> PlaceLook:
        """Tell where somebody has a place."""
        if not self._has_place(command.user_id):
            raise NotSeeking(command.user_id)
        seek = self._place_of(command.user_id)
        waits = self._waiting if seek.status == "seeking" else None
        left = None if waits is None else (waits.bot_at - now).total_seconds()
        return PlaceLook(**msgspec.structs.asdict(seek), seconds_left=left)

    @decides(HandOverPlace)
    def hand_over(self, command: HandOverPlace, _now: datetime) -> None:
        """Seat another person where somebody sits; who has a place already keeps to that one."""
        if command.to in BOT_NAMES:
            raise NameReserved(command.to)
        table = self._table_of.get(command.user_id)
        if table is not None and not self._has_place(command.to):
            self._record(
                PlaceHandedOver, game_id=table, previous=command.user_id, user_id=command.to
            )

    @decides(SeatOverdueBots)
    def seat_bots(self, _command: SeatOverdueBots, now: datetime) -> None:
        """Seat a bot opposite who has waited long enough; does nothing where nobody has."""
        seek = self._waiting
        if seek is not None and now >= seek.bot_at:
            self._record(
                BotSeated, game_id=seek.game_id, player1=seek.user_id, bot_level=seek.bot_level
            )

    @decides(CloseTable)
    def close(self, command: CloseTable, _now: datetime) -> None:
        """Free the players of a table; one that is closed, or never was, stays as it is."""
        if command.game_id in self._row_of:
            self._record(TableClosed, game_id=command.game_id)

    @property
    def view(self) -> LobbyView:
        """Who waits, and how many play."""
        seek = None if self._waiting is None else self._place_of(self._waiting.user_id)
        return LobbyView(waiting=seek, tables=len(self._row_of))

    @property
    def deadline(self) -> datetime | None:
        """When who waits has waited long enough."""
        return self._waiting.bot_at if self._waiting is not None else None

    def on_deadline(self) -> SeatOverdueBots:
        """Let a bot come."""
        return SeatOverdueBots()

    def state(self) -> LobbyState:
        """Who waits; the tables are in the parts."""
        return LobbyState(waiting=self._waiting)

    @property
    def parts(self) -> Mapping[int, int]:
        """The rows of tables that are taken."""
        return {number: row.changed for number, row in self._rows.items()}

    def part(self, number: int) -> LobbyTables:
        """A row of tables."""
        return LobbyTables(players_at=self._rows[number].players_at)

    def _restore(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.state, LobbyState)
        self._waiting = snapshot.state.waiting
        for part in snapshot.parts:
            assert isinstance(part.state, LobbyTables)
            for game_id, players in part.state.players_at.items():
                self._sit(part.number, part.changed, game_id, players)

    @evolves(GameSought)
    def _on_sought(self, event: GameSought) -> None:
        self._waiting = event

    @evolves(SeekCancelled)
    def _on_cancelled(self, _event: SeekCancelled) -> None:
        self._waiting = None

    @evolves(PlayersPaired)
    def _on_paired(self, event: PlayersPaired) -> None:
        self._seat(event.game_id, event.player1, event.player2)

    @evolves(BotSeated)
    def _on_seated(self, event: BotSeated) -> None:
        self._seat(event.game_id, event.player1)

    @evolves(PlaceHandedOver)
    def _on_handed_over(self, event: PlaceHandedOver) -> None:
        row = self._rows[self._row_of[event.game_id]]
        row.changed = event.originator_version
        row.players_at[event.game_id] = tuple(
            event.user_id if player == event.previous else player
            for player in row.players_at[event.game_id]
        )
        del self._table_of[event.previous]
        self._table_of[event.user_id] = event.game_id

    @evolves(TableClosed)
    def _on_closed(self, event: TableClosed) -> None:
        number = self._row_of.pop(event.game_id)
        row = self._rows[number]
        row.changed = event.originator_version
        for player in row.players_at.pop(event.game_id):
            del self._table_of[player]
        if not row.players_at:
            del self._rows[number]

    def _has_place(self, user: str) -> bool:
        waits = self._waiting is not None and self._waiting.user_id == user
        return waits or user in self._table_of

    def _sit_at(self, table: str, *users: str) -> bool:
        return all(self._table_of.get(user) == table for user in users)

    def _place_of(self, user: str) -> Seek:
        if user in self._table_of:
            return Seek(user_id=user, game_id=self._table_of[user], status="seated")
        assert self._waiting is not None
        return Seek(user_id=user, game_id=self._waiting.game_id, status="seeking")

    def _find_place(self, command: SeekGame, now: datetime) -> None:
        if self._waiting is not None:
            table = self._waiting.game_id
            first, second = by_lot(table, self._waiting.user_id, command.user_id, now)
            self._record(PlayersPaired, game_id=table, player1=first, player2=second)
        else:
            self._wait(command, now)

    def _require_free(self, game_id: str) -> None:
        waits = self._waiting is not None and self._waiting.game_id == game_id
        if waits or game_id in self._row_of or game_id == LOBBY_ID:
            raise TableTaken(game_id)

    def _wait(self, command: SeekGame, now: datetime) -> None:
        self._require_free(command.game_id)
        self._record(
            GameSought,
            user_id=command.user_id,
            game_id=command.game_id,
            bot_level=command.bot_level,
            bot_at=now + timedelta(seconds=command.bot_after),
        )

    def _seat(self, game_id: str, *players: str) -> None:
        if self._waiting is not None and self._waiting.game_id == game_id:
            self._waiting = None
        self._sit(self.version // EVENTS_TO_A_ROW, self.version, game_id, players)

    def _sit(self, number: int, version: int, game_id: str, players: tuple[str, ...]) -> None:
        row = self._rows.setdefault(number, Row())
        row.changed = version
        row.players_at[game_id] = players
        self._row_of[game_id] = number
        for player in players:
            self._table_of[player] = game_id
