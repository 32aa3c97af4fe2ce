"""Two who have agreed to play sit down, past whoever waits."""

import pytest

from domain.events import DomainEvent
from domain.games.commands import Meet, Seek
from domain.games.events import PlayersPaired
from domain.games.lobby import Lobby
from domain.games.refusals import NameReserved, PlayerBusy, SameOpponent, TableTaken
from domain.refusals import Refusal
from tests.games.tables import seeking
from tests.given import T0


def meeting(user: str, opponent: str, table: str = "theirs") -> Meet:
    return Meet(user_id=user, opponent=opponent, game_id=table)


def lobby_in_which(*commands: object) -> Lobby:
    lobby = Lobby()
    for command in commands:
        lobby.decide(command, T0)  # type: ignore[arg-type]
    lobby.collect_events()
    return lobby


def test_two_meet_and_who_waits_goes_on_waiting() -> None:
    lobby = lobby_in_which(seeking("cem", table="first"))

    seek = lobby.decide(meeting("ann", "ben"), T0)

    (paired,) = lobby.collect_events()
    assert isinstance(paired, PlayersPaired)
    assert {paired.player1, paired.player2} == {"ann", "ben"}
    assert (seek.game_id, seek.status) == ("theirs", "seated")  # type: ignore[union-attr]
    assert lobby.deadline is not None
    assert lobby.view.waiting is not None
    assert lobby.view.waiting.user_id == "cem"
    lobby.decide(seeking("dan", table="second"), T0)
    (met,) = lobby.collect_events()
    assert isinstance(met, PlayersPaired)
    assert met.game_id == "first"


@pytest.mark.parametrize("again", [meeting("ben", "ann"), meeting("ann", "ben")], ids=str)
def test_who_is_seated_there_already_is_told_so(again: Meet) -> None:
    lobby = lobby_in_which(meeting("ann", "ben"))

    seek = lobby.decide(again, T0)

    assert not lobby.collect_events()
    assert seek == Seek(user_id=again.user_id, game_id="theirs", status="seated")
    for table, other in (("another", "ben"), ("theirs", "cem")):
        with pytest.raises(PlayerBusy):
            lobby.decide(meeting("ann", other, table), T0)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (meeting("ann", "ann"), SameOpponent),
        (meeting("ann", "bot-easy"), NameReserved),
        (meeting("bot-easy", "ann"), NameReserved),
        (meeting("ann", "cem"), PlayerBusy),
        (meeting("cem", "ann"), PlayerBusy),
        (meeting("dan", "ann"), PlayerBusy),
        (meeting("ann", "ben", "first"), TableTaken),
        (meeting("ann", "ben", "taken"), TableTaken),
        (meeting("ann", "ben", "lobby"), TableTaken),
    ],
    ids=str,
)
def test_nobody_is_seated_who_has_a_place_or_at_a_table_that_is_taken(
    command: Meet, refusal: type[Refusal]
) -> None:
    lobby = lobby_in_which(
        seeking("dan", table="taken"), seeking("eve", table="x"), seeking("cem", table="first")
    )
    with pytest.raises(refusal):
        lobby.decide(command, T0)
    assert not lobby.collect_events()


def test_who_waits_is_waiting_still_for_whoever_folds_it() -> None:
    lobby = Lobby()
    events: list[DomainEvent] = []
    for command in (seeking("cem", table="first"), meeting("ann", "ben")):
        lobby.decide(command, T0)
        events += lobby.collect_events()
    assert Lobby.fold("lobby", events).deadline == lobby.deadline
