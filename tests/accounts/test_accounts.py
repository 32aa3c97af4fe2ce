"""An account: registered, changed, disabled, deleted."""

import msgspec
import pytest

from domain.accounts.account import Account
from domain.accounts.commands import (
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    RemoveEmail,
    SettleClaim,
)
from domain.accounts.events import (
    AccountDeleted,
    AccountDisabled,
    AccountEnabled,
    AccountRegistered,
    ClaimForgone,
    ClaimKept,
    EmailChanged,
    EmailRemoved,
    HandleChanged,
    ProfileChanged,
)
from domain.accounts.refusals import (
    AccountExists,
    AccountIsDisabled,
    AccountNotFound,
    ClaimLapsed,
    ClaimMissing,
    EmailMissing,
    LastWayIn,
    NoAccountId,
)
from domain.categories import USERS
from tests.accounts.people import (
    DIGEST,
    OTHER_DIGEST,
    UNTIL,
    account,
    changing,
    mailing,
    registering,
    saying,
)
from tests.given import at, given
from tests.snapshots import folds_the_same_from_any_snapshot

DELETE = DeleteAccount(user_id="ada-1")
DISABLE = DisableAccount(user_id="ada-1", by="olga")
ENABLE = EnableAccount(user_id="ada-1", by="olga")


REMOVE = RemoveEmail(user_id="ada-1")


def settling(name: str = "@ada", until: float = 60) -> SettleClaim:
    return SettleClaim(user_id="ada-1", name=name, claimed_until=at(until))


def test_an_account_is_opened_by_a_claim() -> None:
    account().when(registering(until=None)).refuses(ClaimMissing)
    story = account().when(registering()).then(AccountRegistered)
    story.with_facts(handle="ada", claimed_until=UNTIL)
    story.when(registering(until=None)).then()
    story.when(registering("owl")).refuses(AccountExists)


def test_another_handle_takes_another_claim() -> None:
    account().when(changing()).refuses(AccountNotFound)
    story = account(registering()).when(changing(until=None)).refuses(ClaimMissing)
    story.when(changing(until=at(70))).then(HandleChanged)
    story.with_facts(handle="owl", previous="ada", previous_claimed_until=UNTIL)
    story.when(changing(until=None)).then()


def test_a_claim_that_is_forgone_is_never_used() -> None:
    story = account().when(settling()).then(ClaimForgone)
    story.when(registering()).refuses(ClaimLapsed)
    story.when(registering(until=at(61))).then(AccountRegistered)


def test_a_claim_of_the_handle_that_it_has_is_kept() -> None:
    story = account(registering()).when(settling(until=70)).then(ClaimKept)
    story.when(DELETE).then(AccountDeleted).with_facts(handle="ada", claimed_until=at(70))


def test_a_profile_is_said_anew() -> None:
    account().when(saying()).refuses(AccountNotFound)
    account(registering()).when(saying()).then(ProfileChanged).with_facts(language="de")


def test_a_disabled_account_changes_nothing() -> None:
    story = account(registering()).when(DISABLE).then(AccountDisabled).when(DISABLE).then()
    for command in (saying(), changing(), DELETE):
        story.when(command).refuses(AccountIsDisabled)
    story.when(ENABLE).then(AccountEnabled).when(ENABLE).then()
    story.when(saying()).then(ProfileChanged)
    account().when(DISABLE).refuses(AccountNotFound).when(ENABLE).refuses(AccountNotFound)


def test_a_deleted_account_may_be_opened_again() -> None:
    story = account(registering()).when(DELETE).then(AccountDeleted)
    story.when(DELETE).refuses(AccountNotFound)
    story.when(registering("owl", at(70))).then(AccountRegistered)


@pytest.mark.parametrize("id", ["@ada", f"={DIGEST}"])
def test_nobody_has_an_account_under_the_id_of_a_name(id: str) -> None:
    given(Account(id)).when(registering()).refuses(NoAccountId)


def test_an_address_is_taken_by_a_claim_and_changed_by_another() -> None:
    account().when(mailing()).refuses(AccountNotFound)
    story = account(registering()).when(mailing(until=None)).refuses(ClaimMissing)
    story.when(mailing()).then(EmailChanged).with_facts(address=DIGEST, previous=None)
    story.when(mailing(until=None)).then()
    story.when(mailing(OTHER_DIGEST)).refuses(ClaimLapsed)
    story.when(mailing(OTHER_DIGEST, at(70))).then(EmailChanged)
    story.with_facts(previous=DIGEST, previous_claimed_until=UNTIL)
    story.when(DISABLE).when(mailing(DIGEST, at(90))).refuses(AccountIsDisabled)


def test_claims_of_handles_and_of_addresses_have_an_order_of_their_own() -> None:
    story = account(registering(until=at(90))).when(mailing()).then(EmailChanged)
    story.when(settling(f"={DIGEST}", 70)).then(ClaimKept)
    story.when(settling(f"={OTHER_DIGEST}", 80)).then(ClaimForgone)
    story.when(mailing(OTHER_DIGEST, at(80))).refuses(ClaimLapsed)


def test_who_is_known_elsewhere_may_do_without_an_address() -> None:
    story = account(registering()).when(REMOVE).refuses(EmailMissing)
    story.when(mailing()).when(REMOVE).then(EmailRemoved)
    story.with_facts(address=DIGEST, claimed_until=UNTIL)
    story.when(REMOVE).refuses(EmailMissing)


def test_an_account_is_opened_with_an_address_at_once_or_not_at_all() -> None:
    with_mail = {"origin": "hall", "address": DIGEST}
    asked = msgspec.structs.replace(registering(), **with_mail)
    story = account().when(asked).refuses(ClaimMissing)
    story.when(msgspec.structs.replace(asked, address_claimed_until=at(50)))
    story.then(AccountRegistered, EmailChanged).with_facts(1, address=DIGEST, claimed_until=at(50))
    story.when(REMOVE).refuses(LastWayIn), "or nobody could enter it"
    story.when(DELETE).then(EmailRemoved, AccountDeleted)
    folds_the_same_from_any_snapshot(USERS, Account, "ada-1", story.history)


def test_a_restored_account_knows_its_handle_and_its_claims() -> None:
    story = account(settling(until=50), registering(), saying(), settling(until=55))
    for command in (changing(until=at(80)), mailing(), DISABLE, ENABLE, REMOVE, DELETE):
        story.when(command)
    folds_the_same_from_any_snapshot(USERS, Account, "ada-1", story.history)
