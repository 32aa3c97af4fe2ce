"""What follows from events of accounts: commands of the process, and what the public is told."""

import msgspec

from application.accounts.names import NamesProcess
from application.accounts.outbox import OUTBOX
from domain.accounts.claimed_name import ConfirmName, GiveUpName, ReleaseName
from domain.accounts.commands import (
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    NoteSignIn,
    SettleClaim,
)
from domain.aggregate import Command
from domain.personal import Sealed
from tests.accounts.people import (
    DIGEST,
    OTHER_DIGEST,
    UNTIL,
    changing,
    claiming,
    mailing,
    registering,
    saying,
)
from tests.given import at
from tests.projections.story import Narrator
from tests.snapshots import reactions, reacts_the_same_from_any_state


def a_story() -> Narrator:
    narrator = Narrator()
    settle = SettleClaim(user_id="ada-1", name="@day", claimed_until=at(59))
    name = Sealed(subject="ada-1", sealed="0f9c")
    narrator.tell(
        claiming(),
        settle,
        msgspec.structs.replace(registering(), display_name=name),
        changing(until=at(70)),
        msgspec.structs.replace(mailing(), email=name),
        mailing(OTHER_DIGEST, at(80)),
        msgspec.structs.replace(saying(), display_name=name),
        NoteSignIn(user_id="ada-1", way="passkey", device="Firefox on Android"),
        DisableAccount(user_id="ada-1", by="olga"),
        EnableAccount(user_id="ada-1", by="olga"),
        DeleteAccount(user_id="ada-1"),
    )
    return narrator


def test_what_an_account_says_the_handle_is_told() -> None:
    asked = reactions(NamesProcess(), a_story().events)

    assert [each.command for each in asked] == [
        ReleaseName(name="@day", user_id="ada-1", until=at(59)),
        ConfirmName(name="@ada", user_id="ada-1", until=UNTIL),
        ConfirmName(name="@owl", user_id="ada-1", until=at(70)),
        GiveUpName(name="@ada", user_id="ada-1", until=UNTIL),
        ConfirmName(name=f"={DIGEST}", user_id="ada-1", until=UNTIL),
        ConfirmName(name=f"={OTHER_DIGEST}", user_id="ada-1", until=at(80)),
        GiveUpName(name=f"={DIGEST}", user_id="ada-1", until=UNTIL),
        GiveUpName(name=f"={OTHER_DIGEST}", user_id="ada-1", until=at(80)),
        GiveUpName(name="@owl", user_id="ada-1", until=at(70)),
    ]
    assert len({each.command_id for each in asked}) == len(asked)
    reacts_the_same_from_any_state(NamesProcess, a_story().events)


def test_a_doubt_is_settled_by_the_account() -> None:
    narrator = Narrator()
    narrator.tell(claiming())
    doubt = narrator.tell(claiming(), now=at(1))[0].event
    narrator.tell(*_due(narrator), now=at(90))

    (asked,) = reactions(NamesProcess(), narrator.events)

    until = doubt.facts()["until"]
    assert asked.command == SettleClaim(user_id="ada-1", name="@ada", claimed_until=until)


def _due(narrator: Narrator) -> list[Command]:
    return [each.on_deadline() for each in narrator._aggregates.values() if each.deadline]


def test_the_public_is_told_who_and_what_and_nothing_that_anybody_says_of_themselves() -> None:
    told = [out for each in a_story().events if (out := OUTBOX.publish(each.event))]

    messages = [msgspec.json.decode(each.value) for each in told]
    assert [each["event_type"] for each in messages] == [
        "user_registered",
        "profile_updated",
        "account_changed",
        "account_changed",
        "profile_updated",
        "user_logged_in",
        "account_disabled",
        "account_enabled",
        "account_changed",
        "account_deleted",
    ]
    assert {(each.topic, each.key) for each in told} == {("user-events", "ada-1")}
    for message in messages:
        device = {"device"} if message["event_type"] == "user_logged_in" else set()
        assert set(message) == {"event_type", "user_id", "timestamp"} | device
    assert messages[5]["device"] == "Firefox on Android"
