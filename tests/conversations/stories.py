"""Things that people say to each other, for read models to show."""

from collections.abc import Mapping
from typing import Any

from domain.conversations.commands import (
    AddMember,
    DeleteMessage,
    EditMessage,
    LeaveConversation,
    OpenConversation,
    React,
    ReadUpTo,
    Say,
    StartGroup,
    TakeReactionBack,
)
from domain.conversations.names import id_of_two
from domain.personal import Sealed
from tests.given import at
from tests.projections.story import Narrator


def tell_of_conversations(narrator: Narrator, times: int = 3) -> None:
    """Two people and a group say things, of which everything becomes that can."""
    tell_of_two(narrator, times)
    for time in range(times):
        _tell_of_group(narrator, f"{time:032x}", 10 * time)


def tell_of_two(narrator: Narrator, times: int = 3) -> None:
    """Ada talks to people, one of whom blocks her for a while, and one never answers."""
    for time in range(times):
        other = f"talker-{time}"
        narrator.tell(OpenConversation(user_id="ada", other_id=other), now=at(time))
        facts = {"conversation_id": id_of_two("ada", other)}
        ada, back = {"user_id": "ada", **facts}, {"user_id": other, **facts}
        for number in range(1, 5):
            withheld = time == 1 and number > 2
            reception: Any = "withheld" if withheld else "told"
            narrator.tell(_say(ada, number, reception=reception), now=at(10 * time + number))
        narrator.tell(EditMessage(**ada, number=1, text=_sealed_by("ada")), now=at(100))
        narrator.tell(ReadUpTo(**back, up_to=2), DeleteMessage(**ada, number=2), now=at(101))
        if time == 0:
            narrator.tell(_say(back, 1, reply_to=1), ReadUpTo(**back, up_to=1), now=at(102))
            narrator.tell(React(**back, number=1, reaction="like"), now=at(103))
            narrator.tell(React(**ada, number=1, reaction="wow"), now=at(104))


def _tell_of_group(narrator: Narrator, group: str, seconds: int) -> None:
    """Some say something, one of whom leaves and comes back, and another one comes late."""
    people = [{"user_id": f"talker-{n}", "conversation_id": group} for n in range(4)]
    first, second, third, last = people
    others, name = [each["user_id"] for each in (second, third)], _sealed_by("talker-0")
    narrator.tell(StartGroup(**first, members=others, name=name), now=at(seconds))
    for each in (first, second, third):
        narrator.tell(_say(each, 1), now=at(seconds + 1))
    narrator.tell(React(**second, number=1, reaction="sad"), now=at(seconds + 2))
    narrator.tell(React(**second, number=1, reaction="love"), now=at(seconds + 2))
    narrator.tell(React(**third, number=1, reaction="love"), now=at(seconds + 2))
    narrator.tell(TakeReactionBack(**third, number=1), ReadUpTo(**third, up_to=3), now=at(seconds))
    narrator.tell(LeaveConversation(**third), _say(first, 2), now=at(seconds + 3))
    for late in (third, last):
        narrator.tell(AddMember(**first, member_id=late["user_id"]), now=at(seconds + 4))
    narrator.tell(_say(third, 2), ReadUpTo(**last, up_to=5), now=at(seconds + 5))
    narrator.tell(DeleteMessage(**second, number=2), LeaveConversation(**second), now=at(seconds))


def _say(who: Mapping[str, str], client_seq: int, **facts: Any) -> Say:
    said: dict[str, Any] = {"client_seq": client_seq, "text_mark": client_seq}
    return Say(**{**who, **said, "text": _sealed_by(who["user_id"])} | facts)


def _sealed_by(user_id: str) -> Sealed:
    return Sealed(subject=user_id, sealed="0Zx1b3c2V5nYm9yZXJ0aGVzZWFsZWR0ZXh0")
