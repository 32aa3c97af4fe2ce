"""An account as its owner is told of it, and as a snapshot has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from domain.accounts.events import Origin
from domain.snapshot import State

Status = Literal["active", "disabled"]


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account without what is personal; once it is deleted, it has no handle."""

    user_id: str
    handle: str | None
    status: Status


class HeldState(msgspec.Struct, frozen=True, kw_only=True):
    """A handle or an address that an account has, or has not, and its claims."""

    name: str | None
    claimed_until: datetime
    spent_until: datetime


class AccountState(State, frozen=True, kw_only=True, tag="account.snapshot.v1"):
    """An account as it stands; `passkeys` are their credential ids.

    Of a guest who has none, it says into which one they are merged.
    """

    handle: HeldState
    address: HeldState
    origin: Origin
    status: Status
    passkeys: Sequence[str]
    merged_into: str | None
