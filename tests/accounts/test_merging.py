"""A guest becomes part of somebody's account, once and for good."""

import msgspec
import pytest

from application.accounts.outbox import OUTBOX
from domain.accounts.account import Account
from domain.accounts.commands import (
    AdmitGuest,
    DeleteAccount,
    DisableAccount,
    MergeGuest,
    RegisterAccount,
    SettleClaim,
)
from domain.accounts.events import ClaimForgone, GuestMerged
from domain.accounts.refusals import (
    AccountIsDisabled,
    AccountNotFound,
    GuestHasAccount,
    GuestIsMerged,
    NotAGuest,
)
from domain.categories import USERS
from tests.accounts.people import UNTIL, account, registering
from tests.given import Story, at, given
from tests.snapshots import folds_the_same_from_any_snapshot, snapshot_of

GUEST = "alice~k3j9x2m"
MERGE = MergeGuest(user_id=GUEST, into="ada-1", by="olga")
ADMIT = AdmitGuest(user_id="ada-1", guest=GUEST)


def guest() -> Story:
    return given(Account(GUEST))


def opening(user_id: str) -> RegisterAccount:
    return msgspec.structs.replace(registering("owl"), user_id=user_id)


def test_a_guest_is_merged_and_it_is_told_into_which_account_and_by_whom() -> None:
    guest().when(MERGE).then(GuestMerged).with_facts(into="ada-1", by="olga").folds_the_same()


def test_the_public_is_told_of_it_by_ids() -> None:
    told = OUTBOX.publish(guest().when(MERGE).events[0])
    assert told is not None
    assert msgspec.json.decode(told.value) == {
        "event_type": "guest_merged",
        "user_id": GUEST,
        "timestamp": int(at(0).timestamp()),
        "into": "ada-1",
    }


def test_merging_again_into_the_same_account_changes_nothing() -> None:
    guest().when(MERGE).when(MERGE).then()


def test_who_is_merged_is_not_merged_into_another_account() -> None:
    guest().when(MERGE).when(MergeGuest(user_id=GUEST, into="ben-1", by="olga")).refuses(
        GuestIsMerged
    )


def test_who_is_merged_opens_no_account_any_more() -> None:
    guest().when(MERGE).when(opening(GUEST)).refuses(GuestIsMerged)


def test_who_has_an_account_or_had_one_is_no_guest() -> None:
    story = given(Account(GUEST), opening(GUEST))
    story.when(MERGE).refuses(GuestHasAccount)
    story.when(DeleteAccount(user_id=GUEST)).when(MERGE).refuses(GuestHasAccount)


def test_who_has_only_tried_to_open_one_is_still_a_guest() -> None:
    story = guest().when(SettleClaim(user_id=GUEST, name="@owl", claimed_until=UNTIL))
    story.then(ClaimForgone).when(MERGE).then(GuestMerged)


@pytest.mark.parametrize("id", ["ben-1", "bot-easy", "@ada"])
def test_nobody_but_a_guest_is_merged(id: str) -> None:
    given(Account(id)).when(MergeGuest(user_id=id, into="ada-1", by="olga")).refuses(NotAGuest)


def test_a_guest_is_not_merged_into_themselves() -> None:
    guest().when(MergeGuest(user_id=GUEST, into=GUEST, by="olga")).refuses(NotAGuest)
    given(Account(GUEST), opening(GUEST)).when(AdmitGuest(user_id=GUEST, guest=GUEST)).refuses(
        NotAGuest
    )


def test_an_account_takes_a_guest_in_while_it_is_there_and_active() -> None:
    account(registering()).when(ADMIT).then()
    given(Account("ada-1")).when(ADMIT).refuses(AccountNotFound)
    disabled = account(registering(), DisableAccount(user_id="ada-1", by="olga"))
    disabled.when(ADMIT).refuses(AccountIsDisabled)


def test_a_merged_guest_is_restored_as_one() -> None:
    story = guest().when(MERGE)
    folds_the_same_from_any_snapshot(USERS, Account, GUEST, story.history)
    again = Story(Account.restore(snapshot_of(USERS, story.aggregate)))
    again.when(opening(GUEST)).refuses(GuestIsMerged)
