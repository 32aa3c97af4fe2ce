"""What the worker asks Redis, and what it does with the answer; Redis is played."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from application.envelopes import RefusalBody, VerdictMessage
from application.ports.commands import Envelope
from infra import presence
from infra.presence import Attended, PresenceWatch
from infra.stack import api


@dataclass
class Play:
    """A Redis that answers the worker's scripts, and an API that takes its commands."""

    now: float = 100.0
    beats: dict[str, float] = field(default_factory=dict)
    rooms: list[Attended] = field(default_factory=list)
    found: tuple[list[Any], ...] = ([], [], [])
    verdicts: list[VerdictMessage] = field(default_factory=list)
    looked: list[Sequence[Any]] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.watch = PresenceWatch(self, self.execute, self.is_reachable)  # type: ignore[arg-type]

    def register_script(self, script: str) -> Any:
        return {presence.STAND: self.stand, presence.ROOMS: self.attended}.get(script, self.look)

    def stand(self, args: Sequence[Any]) -> Any:
        beats = self.beats or {"api": self.now}
        return [str(self.now), "mark", [word for each in beats.items() for word in map(str, each)]]

    def attended(self) -> Any:
        return [list(room) for room in self.rooms]

    def look(self, args: Sequence[Any]) -> Any:
        self.looked.append(args)
        return self.found

    def info(self, _: str) -> Any:
        return {"run_id": "run"}

    def is_reachable(self) -> bool:
        self.asked += 1
        return True

    def execute(self, envelopes: Sequence[Envelope]) -> list[VerdictMessage]:
        return self.verdicts

    def step(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.watch.step()

    def asked_of(self, room: str) -> dict[str, float]:
        """With what times the worker looked last at a room."""
        args = next(args for args in reversed(self.looked) if args[1] == room)
        return {"since": float(args[3]), "heard": float(args[7])}


def attended(room: str, seconds: str = "60", generation: str = "one") -> Attended:
    return Attended(generation, room, seconds, "0")


def test_whom_some_process_may_have_seen_since_it_told_is_not_absent() -> None:
    play = Play(rooms=[attended("r")], beats={"one": 99.5, "other": 100.7})
    play.step()
    assert play.asked_of("r")["heard"] == 99.5


def test_the_time_of_a_room_begins_when_it_requires_presence_or_does_on_other_terms() -> None:
    play = Play(rooms=[attended("old")])
    play.step()
    play.rooms.append(attended("new"))
    play.step()
    assert (play.asked_of("old")["since"], play.asked_of("new")["since"]) == (101, 102)
    play.rooms[0] = attended("old", "90")
    play.step()
    assert (play.asked_of("old")["since"], play.asked_of("new")["since"]) == (103, 102)
    play.rooms[0] = attended("old", "90", generation="two")
    play.step()
    assert play.asked_of("old")["since"] == 103, "a rebuild changes no terms"


def test_where_no_room_wants_presence_nobody_is_asked_and_no_time_counts() -> None:
    play = Play()
    play.step()
    assert play.asked == 0
    for rooms in ([attended("r")], [], [attended("r")]):
        play.rooms = rooms
        play.step()
    assert play.asked == 2
    assert play.asked_of("r")["since"] == play.now


def test_what_rooms_refuse_is_logged_by_type_and_number() -> None:
    over = VerdictMessage(refusal=RefusalBody(type="checkout-over", status=409, detail="Over."))
    play = Play(
        rooms=[attended("r")],
        found=([["s", "1"], ["t", "1"]], [], [["u", "1"]]),
        verdicts=[over, VerdictMessage(position="p"), over],
    )
    with capture_logs() as logs:
        play.step()
        play.verdicts = []
        play.step()
    assert [each["refused"] for each in logs if "refused" in each] == [{"checkout-over": 2}]


def test_whether_the_api_lives_is_asked_with_the_client_that_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Answer:
        is_success = True

    def get(url: str, **_: Any) -> Any:
        asked.append(url)
        return Answer()

    asked: list[str] = []
    monkeypatch.delattr("httpx.get")
    assert api.answers("http://hall", get=get)
    assert asked == ["http://hall/health/live"]
