"""Accounts as an aggregate of Gamehall's own log, for what is measured beside other stores."""

from datetime import datetime

import msgspec

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.events import DomainEvent


class Deposited(DomainEvent, frozen=True, kw_only=True, tag="account.deposited.v1"):
    """So much was put into the account."""

    amount: int


class Deposit(Command, frozen=True, kw_only=True, tag="account.deposit"):
    """Puts so much into an account, which need not be there yet."""

    account: str
    amount: int

    @property
    def aggregate_id(self) -> str:
        """The account."""
        return self.account


class Balance(msgspec.Struct, frozen=True):
    """What is in an account."""

    balance: int


class Account(Aggregate):
    """Knows its balance."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._balance = 0

    @decides(Deposit)
    def deposit(self, command: Deposit, now: datetime) -> Balance:
        """Always allowed."""
        self._record(Deposited, amount=command.amount)
        return Balance(self._balance)

    @evolves(Deposited)
    def _on_deposited(self, event: Deposited) -> None:
        self._balance += event.amount
