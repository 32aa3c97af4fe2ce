"""Walking in one lounge: a step at each tick, and where people have come to stand; pure.

It is lossy by nature: what is forgotten is where somebody was a moment ago, and where they last
stood still is in the log.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from domain.lounges.floor import Floor, Tile
from domain.lounges.view import LoungeStander
from domain.refusals import Refusal

LONGEST_PATH_TILES = 128
"""From corner to corner of the largest floor without walls."""

REST_TICKS = 2
"""For which somebody stands still before it is noted in the log where."""


class PathBlocked(Refusal, type="path-blocked", status=422):
    """Nobody can walk like that."""


class WalkedTo(NamedTuple):
    """Where somebody is, as of the visit that began at `since`; of another one it says nothing."""

    tile: Tile
    since: datetime


Walked = Mapping[str, WalkedTo]
"""People by their ids, and where they have walked."""


def written(walked: Walked) -> dict[str, str]:
    """Where people are, each as a text: `x y` and when their visit began."""
    return {user: f"{at.tile.x} {at.tile.y} {at.since.isoformat()}" for user, at in walked.items()}


def walked_in(texts: Mapping[str, str]) -> Walked:
    """Where people are, by such texts."""
    return {user: _read(text) for user, text in texts.items()}


def _read(text: str) -> WalkedTo:
    x, y, since = text.split(" ")
    return WalkedTo(Tile(int(x), int(y)), datetime.fromisoformat(since))


class Walks(Protocol):
    """What all processes know of who walks where, for a while, and not for certain."""

    async def tell(self, room_id: str, walked: Walked) -> None:
        """Let all who listen know where some people are by now; raises where nobody can be told."""

    async def forget(self, room_id: str, user: str) -> None:
        """Know no more where somebody has walked, which the log has by now."""

    async def known(self, room_id: str) -> Walked:
        """Where people of a lounge have walked lately; raises where nobody can say."""


class LoungeWalk:
    """Who walks in a lounge, as one process knows it; each person walks by one process."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._at: dict[str, WalkedTo] = {}
        self._paths: dict[str, deque[Tile]] = {}
        self._resting: dict[str, int] = {}
        """Who has come to stand and of whom that is not noted, with the ticks since."""

    def hear(self, walked: Walked) -> None:
        """Somebody walks elsewhere; who walks here is known better here."""
        self._at |= {user: at for user, at in walked.items() if user not in self._paths}

    def where(self, person: LoungeStander) -> Tile:
        """On which tile somebody is, who is in the lounge."""
        at = self._at.get(person.user_id)
        if at is None or at.since != person.since:
            return Tile(person.x, person.y)
        return at.tile

    def walk(self, person: LoungeStander, path: Sequence[Tile]) -> None:
        """Let somebody go along a path, tile by tile, in place of any other.

        Raises `PathBlocked` where a tile is no neighbour of the one before, no floor, or too high.
        """
        before = self.where(person)
        for tile in path:
            if not self._floor.allows(before, tile):
                raise PathBlocked(
                    f"Nobody can step from {before.x},{before.y} to {tile.x},{tile.y}."
                )
            before = tile
        self._at[person.user_id] = WalkedTo(self.where(person), person.since)
        self._resting.pop(person.user_id, None)
        self._paths[person.user_id] = deque(path)

    def tick(self) -> Walked:
        """Everybody who walks takes a step; gives where they are by that."""
        moved = {}
        for user, path in list(self._paths.items()):
            if path:
                moved[user] = self._at[user] = self._at[user]._replace(tile=path.popleft())
            else:
                del self._paths[user]
                self._resting[user] = 0
        return moved

    def settled(self) -> Walked:
        """Those who have stood still for long enough that it is to be noted; each once."""
        for user in self._resting:
            self._resting[user] += 1
        return self._note([user for user, ticks in self._resting.items() if ticks > REST_TICKS])

    def stop(self, user: str) -> Walked:
        """Somebody walks no further; gives where they are, if that is to be noted."""
        if self._paths.pop(user, None) is not None:
            self._resting[user] = 0
        return self._note([user] if user in self._resting else [])

    def forget(self, user: str, since: datetime) -> None:
        """A visit is over; another one that has begun meanwhile goes on."""
        if user in self._at and self._at[user].since > since:
            return
        for known in (self._at, self._paths, self._resting):
            known.pop(user, None)

    @property
    def is_busy(self) -> bool:
        """Whether there is anything to do at the next tick."""
        return bool(self._paths or self._resting)

    def _note(self, users: Sequence[str]) -> Walked:
        for user in users:
            del self._resting[user]
        return {user: self._at[user] for user in users}
