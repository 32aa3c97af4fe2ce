"""A handle: kept, confirmed, released, given up."""

from domain.accounts.claimed_name import (
    CLAIM_SECONDS,
    HELD_DAYS,
    AddressTaken,
    ClaimDoubted,
    ClaimedName,
    ClaimName,
    ConfirmName,
    GiveUpName,
    HandleTaken,
    NameClaimed,
    NameConfirmed,
    NameGivenUp,
    NameNotClaimed,
    NameReleased,
)
from domain.accounts.names import HandleReserved
from domain.categories import USERS
from tests.accounts.people import DIGEST, UNTIL, claiming, confirming, giving_up, handle, releasing
from tests.given import at, given
from tests.snapshots import folds_the_same_from_any_snapshot

HELD_S = HELD_DAYS * 86_400


def test_a_claim_keeps_a_handle_for_one_account() -> None:
    story = handle().when(claiming()).then(NameClaimed).with_facts(user_id="ada-1", until=UNTIL)
    story.when(claiming("bob-1"), now=at(CLAIM_SECONDS + 1)).refuses(HandleTaken)


def test_two_claims_of_an_account_are_not_the_same_claim() -> None:
    story = handle(claiming()).when(claiming()).then(NameClaimed)
    assert story.events[0].facts()["until"] > UNTIL
    story.when(releasing()).then()
    story.when(claiming("bob-1")).refuses(HandleTaken)


def test_a_claim_is_doubted_in_time_and_stays_until_it_is_released() -> None:
    story = handle(claiming())
    due = story.aggregate.on_deadline()
    story.when(due, now=at(CLAIM_SECONDS - 1)).then()
    story.when(due, now=at(CLAIM_SECONDS)).then(ClaimDoubted)
    assert story.aggregate.deadline is None
    story.when(claiming("bob-1"), now=at(CLAIM_SECONDS + 1)).refuses(HandleTaken)
    story.when(releasing()).then(NameReleased).when(releasing()).then()
    story.when(claiming("bob-1"), now=at(CLAIM_SECONDS + 1)).then(NameClaimed)


def test_a_confirmed_handle_is_nobody_elses() -> None:
    story = handle(claiming()).when(confirming()).then(NameConfirmed)
    story.when(confirming()).then()
    assert story.aggregate.deadline is None
    story.when(claiming("bob-1"), now=at(10 * HELD_S)).refuses(HandleTaken)


def test_what_is_not_kept_for_an_account_is_not_confirmed_for_it() -> None:
    handle().when(confirming()).refuses(NameNotClaimed)
    handle(claiming("bob-1")).when(confirming()).refuses(NameNotClaimed)


def test_a_handle_that_was_given_up_is_held_for_its_former_owner() -> None:
    story = handle(claiming(), confirming()).when(giving_up()).then(NameGivenUp)
    story.when(giving_up()).then()
    story.when(claiming("bob-1"), now=at(HELD_S - 1)).refuses(HandleTaken)
    story.when(claiming(), now=at(1)).then(NameClaimed)


def test_an_address_that_was_given_up_is_free_at_once() -> None:
    name = f"={DIGEST}"
    claim = ClaimName(name=name, user_id="ada-1")
    story = given(ClaimedName(name), claim, ConfirmName(name=name, user_id="ada-1", until=UNTIL))
    other = ClaimName(name=name, user_id="bob-1")
    story.when(other).refuses(AddressTaken)
    assert DIGEST not in str(story.refusal)
    story.when(GiveUpName(name=name, user_id="ada-1", until=UNTIL)).then(NameGivenUp)
    story.when(other).then(NameClaimed)


def test_and_then_it_is_free() -> None:
    story = handle(claiming(), confirming(), giving_up())
    story.when(claiming("bob-1"), now=at(HELD_S)).then(NameClaimed)


def test_an_earlier_giving_up_takes_nothing_from_who_has_it_again() -> None:
    story = handle(claiming(), confirming(), giving_up()).when(claiming())
    again = story.events[0].facts()["until"]
    story.when(confirming(until=again)).then(NameConfirmed)
    story.when(giving_up()).then()
    story.when(giving_up(again)).then(NameGivenUp)


def test_a_reserved_name_is_nobodys() -> None:
    for name in ("admin", "adm1n", "ad-min", "sup.port"):
        given(ClaimedName(f"@{name}")).when(claiming(name=name)).refuses(HandleReserved)


def test_a_restored_handle_knows_whose_it_is() -> None:
    story = handle(claiming(), claiming())
    for command in (confirming(), giving_up(), claiming(), confirming(until=at(59))):
        story.when(command)
    story.when(story.aggregate.on_deadline(), now=at(90)).then(ClaimDoubted)
    folds_the_same_from_any_snapshot(USERS, ClaimedName, "@ada", story.history)
