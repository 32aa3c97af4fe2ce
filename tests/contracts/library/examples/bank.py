"""Accounts, and transfers between two of them that happen in both or in none."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event


class InsufficientFunds(Exception):
    """The account does not hold that much."""


class NoSuchAccount(Exception):
    """Nobody has opened this account."""


class Account(Aggregate):
    @event("Opened")
    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.balance = Decimal()

    def withdraw(self, amount: Decimal) -> None:
        if amount > self.balance:
            raise InsufficientFunds(f"{self.holder} has {self.balance}, not {amount}.")
        self._book(-amount)

    def deposit(self, amount: Decimal) -> None:
        self._book(amount)

    @event("Booked")
    def _book(self, amount: Decimal) -> None:
        self.balance += amount


class Bank(Application[UUID]):
    snapshotting_intervals: ClassVar = {Account: 10}

    def open(self, holder: str) -> UUID:
        account = Account(holder)
        self.save(account)
        return account.id

    def account(self, id: UUID, version: int | None = None) -> Account:
        try:
            return self.repository.get(id, version=version)
        except AggregateNotFoundError:
            raise NoSuchAccount(f"There is no account {id}.") from None

    def deposit(self, id: UUID, amount: Decimal) -> None:
        account = self.account(id)
        account.deposit(amount)
        self.save(account)

    def transfer(self, source: UUID, target: UUID, amount: Decimal) -> None:
        giver, taker = self.account(source), self.account(target)
        giver.withdraw(amount)
        taker.deposit(amount)
        self.save(giver, taker)
