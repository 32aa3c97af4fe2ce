"""Applications of the library do on Kafka what they do in memory, unmodified."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.cipher import AESCipher
from eventsourcing.persistence import IntegrityError
from eventsourcing.system import MultiThreadedRunner, Runner, SingleThreadedRunner

from tests.contracts.library.examples.bank import Bank, InsufficientFunds, NoSuchAccount
from tests.contracts.library.examples.cart import CartFull, Carts, CartSubmitted
from tests.contracts.library.examples.content import NameTaken, Pages
from tests.contracts.library.examples.orders import RESTAURANT, Kitchen, Orders


@pytest.fixture(params=["eventsourcing.popo", "infra.eventlog.persistence"], autouse=True)
def module(on_kafka: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """In memory, as the library's own examples run, and on Kafka."""
    monkeypatch.setenv("PERSISTENCE_MODULE", request.param)
    return str(request.param)


@pytest.fixture
def bank() -> Iterator[Bank]:
    with closing(Bank()) as bank:
        yield bank


def test_money_moves_between_accounts(bank: Bank) -> None:
    ada, bob = bank.open("Ada"), bank.open("Bob")
    bank.deposit(ada, Decimal(100))
    bank.transfer(ada, bob, Decimal("30.50"))
    assert bank.account(ada).balance == Decimal("69.50")
    assert bank.account(bob).balance == Decimal("30.50")
    with pytest.raises(InsufficientFunds):
        bank.transfer(bob, ada, Decimal(31))
    with pytest.raises(NoSuchAccount):
        bank.deposit(uuid4(), Decimal(1))


def test_a_transfer_happens_on_both_sides_or_on_none(bank: Bank) -> None:
    ada, bob = bank.open("Ada"), bank.open("Bob")
    bank.deposit(ada, Decimal(100))
    giver, taker = bank.account(ada), bank.account(bob)
    bank.deposit(bob, Decimal(1))
    giver.withdraw(Decimal(10))
    taker.deposit(Decimal(10))
    with pytest.raises(IntegrityError):
        bank.save(giver, taker)
    assert (bank.account(ada).balance, bank.account(bob).balance) == (Decimal(100), Decimal(1))


def test_an_account_can_be_seen_as_it_was_and_comes_from_its_snapshots(bank: Bank) -> None:
    ada = bank.open("Ada")
    for _ in range(25):
        bank.deposit(ada, Decimal(1))
    assert bank.account(ada, version=15).balance == Decimal(14)
    assert bank.snapshots is not None
    assert [each.originator_version for each in bank.snapshots.get(ada)] == [10, 20]
    assert len(list(bank.events.get(ada, gt=20))) == 6


def test_what_is_stored_is_compressed_and_encrypted(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIPHER_KEY", AESCipher.create_key(16))
    monkeypatch.setenv("COMPRESSOR_TOPIC", "zlib")
    with closing(Bank()) as bank:
        ada = bank.open("Ada Lovelace")
        assert bank.account(ada).holder == "Ada Lovelace"
        (stored,) = bank.recorder.select_events(ada)
        assert b"Lovelace" not in stored.state


def test_cached_accounts_are_brought_up_to_date(module: str) -> None:
    with closing(Bank({"AGGREGATE_CACHE_MAXSIZE": "10"})) as bank:
        ada = bank.open("Ada")
        for number in range(5):
            bank.deposit(ada, Decimal(1))
            assert bank.account(ada).balance == number + 1


def test_a_cart_is_filled_emptied_and_submitted_once() -> None:
    with closing(Carts()) as carts:
        cart = uuid4()
        for product in ("tea", "cup", "pot"):
            carts.add(cart, product, Decimal("2.50"))
        with pytest.raises(CartFull):
            carts.add(cart, "spoon", Decimal(1))
        carts.remove(cart, "cup")
        carts.submit(cart)
        with pytest.raises(CartSubmitted):
            carts.add(cart, "cup", Decimal(1))
        assert carts.cart(cart).items == {"tea": Decimal("2.50"), "pot": Decimal("2.50")}


def test_pages_are_renamed_and_their_names_taken_over() -> None:
    with closing(Pages()) as pages:
        first = pages.make("welcome", "Welcome")
        pages.rewrite("welcome", "Good day.")
        with pytest.raises(NameTaken):
            pages.make("welcome", "Another")
        pages.rename("welcome", "hello")
        with pytest.raises(AggregateNotFoundError):
            pages.page("welcome")
        second = pages.make("welcome", "Another")
        assert pages.page("hello").body == "Good day."
        assert [page.id for page in pages.all()] == [first, second]


@pytest.mark.parametrize("runner_class", [SingleThreadedRunner, MultiThreadedRunner])
def test_a_system_of_applications_reacts(
    runner_class: type[Runner[UUID]],
) -> None:
    with runner_class(RESTAURANT) as runner:
        orders, kitchen = runner.get(Orders), runner.get(Kitchen)
        placed = [orders.place(dish) for dish in ("soup", "pie", "cake")]
        last = orders.recorder.max_notification_id()
        kitchen.recorder.wait(orders.name, last, timeout=20)
        cooked = kitchen.recorder.max_notification_id()
        orders.recorder.wait(kitchen.name, cooked, timeout=20)
        assert all(orders.is_ready(order) for order in placed)


def test_the_log_of_notifications_can_be_paged_through(bank: Bank) -> None:
    for number in range(25):
        bank.open(f"customer {number}")
    section = bank.notification_log["1,10"]
    ids = [each.id for each in section.items]
    while section.next_id:
        section = bank.notification_log[section.next_id]
        ids += [each.id for each in section.items]
    assert ids == list(range(1, 26))
