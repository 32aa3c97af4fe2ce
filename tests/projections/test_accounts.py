"""Accounts in PostgreSQL, as they are asked for."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from psycopg_pool import AsyncConnectionPool

from domain.accounts.commands import (
    AddPasskey,
    DeleteAccount,
    RemovePasskey,
)
from domain.accounts.events import (
    AccountRegistered,
)
from infra.subjects.keyring import Keyring
from projections.accounts.accounts import AccountQueries
from projections.projection import InvalidCursor
from tests.accounts.people import registering
from tests.conftest import Hall
from tests.given import T0, at
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.stories import a_passkey, tell_of_accounts
from tests.projections.story import Narrator


@pytest.fixture
async def accounts(servers: Hall) -> AsyncIterator[AccountQueries]:
    keys = Keyring()
    settings: Any = {"autocommit": True}
    async with AsyncConnectionPool(servers.postgres, open=False, kwargs=settings) as pool:
        yield AccountQueries(pool, keys.open)


async def test_accounts_are_listed_by_the_beginning_of_a_handle_page_by_page(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    tell_of_accounts(narrator, accounts=9)
    narrator.tell(registering("adb"))
    live(read_model("accounts"))

    listed, after = list[str](), None
    while True:
        page = await accounts.page(prefix="ada", after=after, limit=3)
        listed += [each.handle for each in page.accounts]
        after = page.after
        if after is None:
            break

    changed = [f"ada-{number}{'.x' if number % 2 else ''}" for number in range(9)]
    assert listed == [each for each in changed if each != "ada-2"], "that one is deleted"
    disabled = (await accounts.page(status="disabled")).accounts
    assert [each.user_id for each in disabled] == ["user-0"]
    assert (await accounts.page(prefix="%")).accounts == []
    with pytest.raises(InvalidCursor):
        await accounts.page(after="ada")


async def test_an_account_is_found_by_id_and_by_its_handle_of_now(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    tell_of_accounts(narrator)
    live(read_model("accounts"))

    found = await accounts.by_handle("ada-1.x")
    assert found is not None
    assert found == await accounts.account("user-1")
    assert found.status == "active"
    for gone in ("ada-1", "ada-2"):
        assert await accounts.by_handle(gone) is None
    assert await accounts.account("user-2") is None


async def test_of_two_that_show_one_handle_who_has_it_since_later_has_it(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    """As when the shard of who gave it up is read after that of who has it now."""
    profile: Any = {"handle": "owl", "claimed_until": T0, "time_zone": "UTC", "language": "en"}
    first = AccountRegistered(originator_id="a", originator_version=1, timestamp=T0, **profile)
    later = msgspec.structs.replace(first, originator_id="z", timestamp=at(99))
    narrator.record([first, later])
    live(read_model("accounts"))
    found = await accounts.by_handle("owl")
    assert found is not None
    assert found.user_id == "z"


async def test_who_registers_again_has_a_row_again(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    narrator.tell(registering(), DeleteAccount(user_id="ada-1"), registering("owl", at(90)))
    live(read_model("accounts"))
    found = await accounts.account("ada-1")
    assert found is not None
    assert found.handle == "owl"


async def test_passkeys_are_found_by_whose_they_are_and_what_they_are_called(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    tell_of_accounts(narrator)
    live(read_model("accounts"))

    async def of(user: str) -> list[str]:
        return [each.credential_id for each in await accounts.passkeys(user)]

    assert await of("user-1") == ["key-1-1"], "the first is removed"
    assert await of("user-4") == ["key-4-0", "key-4-1"]
    assert await of("user-2") == [], "that account is deleted"
    (found,) = await accounts.passkeys_called("key-4-1")
    assert (found.user_id, found.synced, found.transports) == ("user-4", True, ["internal", "usb"])
    assert found.name is not None
    assert found.name.subject == "user-4"
    assert await accounts.passkeys_called("key-2-0") == []


async def test_who_registers_again_has_only_new_passkeys(
    read_model: Build, narrator: Narrator, accounts: AccountQueries
) -> None:
    """Whether it is read at once or one by one."""
    narrator.tell(registering(passkey=a_passkey("0")))
    worker = read_model("accounts")
    live(worker)
    add = AddPasskey(user_id="ada-1", passkey=a_passkey("1"))
    again = registering("owl", at(90), passkey=a_passkey("2"))
    narrator.tell(add, DeleteAccount(user_id="ada-1"), again)
    narrator.tell(AddPasskey(user_id="ada-1", passkey=a_passkey("3")))
    narrator.tell(RemovePasskey(user_id="ada-1", credential_id="key-3"))
    live(read_model("accounts"))
    found = await accounts.passkeys("ada-1")
    assert [each.credential_id for each in found] == ["key-2"]
