"""Passkeys of an account: added, removed, and never the last of them; and who has signed in."""

from typing import Any

import pytest

from domain.accounts.account import Account
from domain.accounts.commands import (
    AddPasskey,
    DeleteAccount,
    DisableAccount,
    EraseAccount,
    NoteSignIn,
    RemoveEmail,
    RemovePasskey,
)
from domain.accounts.events import (
    AccountDeleted,
    AccountRegistered,
    EmailRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    SignedIn,
)
from domain.accounts.passkey import NewPasskey
from domain.accounts.refusals import (
    AccountExists,
    AccountIsDisabled,
    AccountNotFound,
    LastWayIn,
    PasskeyNotFound,
    TooManyPasskeys,
    WayInGone,
)
from domain.accounts.ways_in import MOST_PASSKEYS
from domain.categories import USERS
from domain.personal import Sealed
from tests.accounts.people import DIGEST, OTHER_DIGEST, account, mailing, registering
from tests.given import Story, at
from tests.snapshots import folds_the_same_from_any_snapshot

NAME = Sealed(subject="ada-1", sealed="0f9c")
NOTE = NoteSignIn(user_id="ada-1", way="passkey", device="Firefox on Android")
DISABLE = DisableAccount(user_id="ada-1", by="olga")
DELETE = DeleteAccount(user_id="ada-1")


def a_passkey(number: int = 1) -> NewPasskey:
    return NewPasskey(
        credential_id=f"key-{number}", public_key="cHVi", synced=True, transports=["internal"]
    )


def adding(number: int = 1, **more: Any) -> AddPasskey:
    return AddPasskey(user_id="ada-1", passkey=a_passkey(number), **more)


def removing(number: int = 1) -> RemovePasskey:
    return RemovePasskey(user_id="ada-1", credential_id=f"key-{number}")


def with_a_passkey() -> Story:
    return account(registering(passkey=a_passkey()))


def test_an_account_is_opened_together_with_the_passkey_of_its_owner() -> None:
    story = account().when(registering(passkey=a_passkey()))
    story.then(AccountRegistered, PasskeyAdded)
    story.with_facts(1, credential_id="key-1", public_key="cHVi", synced=True)
    story.when(registering(passkey=a_passkey())).then()
    story.when(registering()).then()


def test_who_comes_to_an_account_that_there_is_with_another_passkey_is_refused() -> None:
    story = with_a_passkey().when(registering(passkey=a_passkey(2))).refuses(AccountExists)
    account(registering()).when(registering(passkey=a_passkey())).refuses(AccountExists)
    assert story.reply is None


def test_a_passkey_is_added_once() -> None:
    story = with_a_passkey().when(adding(2, name=NAME)).then(PasskeyAdded)
    story.with_facts(credential_id="key-2", name=NAME, transports=["internal"])
    story.when(adding(2)).then().when(adding(1)).then()


def test_an_account_has_so_many_passkeys() -> None:
    story = with_a_passkey()
    for number in range(2, MOST_PASSKEYS + 1):
        story.when(adding(number)).then(PasskeyAdded)
    story.when(adding(MOST_PASSKEYS + 1)).refuses(TooManyPasskeys)
    story.when(adding(1)).then()
    story.when(removing(1)).then(PasskeyRemoved).when(adding(99)).then(PasskeyAdded)


def test_the_last_way_in_stays() -> None:
    story = with_a_passkey().when(removing()).refuses(LastWayIn)
    story.when(adding(2)).when(removing(1)).then(PasskeyRemoved)
    story.when(removing(2)).refuses(LastWayIn)
    story.when(removing(1)).refuses(PasskeyNotFound)
    story.when(mailing()).when(removing(2)).then(PasskeyRemoved)
    story.when(RemoveEmail(user_id="ada-1")).refuses(LastWayIn)


def test_whom_others_know_comes_in_by_them() -> None:
    story = account(registering(), adding(1)).when(removing(1)).then(PasskeyRemoved)
    story.when(mailing()).when(RemoveEmail(user_id="ada-1")).then(EmailRemoved)


@pytest.mark.parametrize("command", [adding(2), removing(), NOTE])
def test_nothing_is_done_without_an_account_that_is_enabled(command: Any) -> None:
    account().when(command).refuses(AccountNotFound)
    with_a_passkey().when(DISABLE).when(command).refuses(AccountIsDisabled)


def test_a_sign_in_is_noted_each_time() -> None:
    story = with_a_passkey().when(NOTE).then(SignedIn)
    story.with_facts(way="passkey", device="Firefox on Android")
    story.when(NOTE).then(SignedIn)


def shown(by: str | None) -> NoteSignIn:
    return NoteSignIn(user_id="ada-1", way="passkey", device="", opened_by=by)


def test_what_is_the_accounts_no_more_lets_nobody_in() -> None:
    story = with_a_passkey().when(mailing()).when(adding(2))
    for by in ("key-1", "key-2", DIGEST, None):
        story.when(shown(by)).then(SignedIn)
    story.when(shown(OTHER_DIGEST)).refuses(WayInGone)
    story.when(removing()).when(shown("key-1")).refuses(WayInGone)
    story.when(RemoveEmail(user_id="ada-1")).when(shown(DIGEST)).refuses(WayInGone)
    story.when(DELETE).when(shown("key-2")).refuses(WayInGone)
    story.when(shown(None)).refuses(AccountNotFound)


def test_who_is_disabled_and_erased_does_not_come_in_either() -> None:
    story = account(registering()).when(DISABLE).when(EraseAccount(user_id="ada-1"))
    story.then(AccountDeleted).when(NOTE).refuses(AccountIsDisabled)


def test_who_registers_again_begins_without_the_passkeys_of_before() -> None:
    story = account(registering(passkey=a_passkey()), adding(2)).when(DELETE).then(AccountDeleted)
    again = registering("owl", at(70), passkey=a_passkey(3))
    story.when(again).then(AccountRegistered, PasskeyAdded)
    story.when(removing(2)).refuses(PasskeyNotFound).when(removing(3)).refuses(LastWayIn)


def test_a_restored_account_knows_its_passkeys() -> None:
    story = with_a_passkey()
    for command in (adding(2), NOTE, removing(1), adding(3), DELETE):
        story.when(command)
    folds_the_same_from_any_snapshot(USERS, Account, "ada-1", story.history)
