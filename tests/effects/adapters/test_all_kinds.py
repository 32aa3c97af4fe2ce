"""The adapters as the hall builds them: one of each kind, on real servers, in a loop that rests."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, get_args

import msgspec
import psycopg
import pytest
import redis

from application.effects.ports import Adapters, Effect
from application.ports.deliveries import Delivery
from application.ports.push import KnownSubscription, Subscription
from application.topics import Topic
from domain.effects import actions
from infra.kafka.topics import create_missing, existing
from infra.postgres.pool import connections
from infra.push_subscriptions import (
    MOST_OF_ONE,
    BrowsersInPostgres,
    BrowsersOfPeople,
)
from infra.subjects.keys import erase
from interfaces.bootstrap.effects.adapters import NOBODY, adapters, contact_of
from interfaces.settings import Settings
from tests.conftest import Hall
from tests.effects.given import an_effect
from tests.effects.kinds import keys_of, pushed_in
from tests.effects.receivers import (
    Browser,
    HttpReceiver,
    PushService,
    TcpReceiver,
    in_a_thread,
)

ACCOUNT = """
    INSERT INTO accounts (user_id, handle, handle_at, time_zone, language, status, registered_at,
        email)
    VALUES (%(user)s, %(user)s, now(), 'Europe/Vienna', 'en', 'active', now(), %(email)s)
"""
IS_BUILT = """
    INSERT INTO projection_positions VALUES ('accounts', 'test', 'user-log', 0, 0, 0, '', 0)
"""


class Rested:
    """Adapters in a loop that runs only while some effect is performed, as a worker's does."""

    def __init__(self, settings: Settings, held: ExitStack) -> None:
        self.settings = settings
        self.runner = held.enter_context(asyncio.Runner())
        self.adapters: Adapters = adapters(settings, held)

    def perform(self, effect: Effect) -> Delivery:
        kind = str(effect.action.__struct_config__.tag)
        return self.runner.run(self.adapters[kind].perform(effect))

    def close(self) -> None:
        for adapter in self.adapters.values():
            self.runner.run(adapter.close())


@pytest.fixture
def rested(servers: Hall, tmp_path: Path) -> Iterator[Rested]:
    settings = servers.settings.model_copy(update={"effect_networks": ("127.0.0.0/8",)})
    with ExitStack() as held:
        built = Rested(settings, held)
        yield built
        built.close()


def test_there_is_one_of_each_kind(rested: Rested) -> None:
    kinds = {kind.__struct_config__.tag for kind in get_args(actions.AnyAction)}
    assert rested.adapters.keys() == kinds


def test_each_does_what_it_is_for_however_long_the_loop_has_rested(rested: Rested) -> None:
    with ExitStack() as held:
        hook = held.enter_context(in_a_thread(HttpReceiver()))
        line = held.enter_context(in_a_thread(TcpReceiver()))
        for seq in range(3):
            hooked = rested.perform(an_effect(actions.Webhook(url=hook.url), seq))
            lined = rested.perform(
                an_effect(actions.TcpLine(host="127.0.0.1", port=line.port), seq)
            )
            assert (hooked.outcome, lined.outcome) == ("accepted", "accepted")
        assert (hook.connections, line.connections) == (1, 1)


def test_a_line_that_was_left_while_the_loop_rested_is_not_written_to(rested: Rested) -> None:
    receiver = TcpReceiver()
    with in_a_thread(receiver) as line:
        effect = an_effect(actions.TcpLine(host="127.0.0.1", port=line.port), 1)
        assert rested.perform(effect).outcome == "accepted"
    with in_a_thread(receiver):
        assert rested.perform(effect).outcome == "accepted"
    assert len(receiver.got) == 2


def test_rows_keys_lines_and_records_stand_where_they_should(servers: Hall, rested: Rested) -> None:
    create_missing(servers.kafka, [Topic("of-all-kinds", 1, "messages")], 1)
    while "of-all-kinds" not in existing(servers.kafka):
        pass
    wanted: list[Any] = [
        actions.TableRow(table="of_all_kinds"),
        actions.RedisKey(key="of-all-kinds"),
        actions.FileLine(file="of-all-kinds"),
        actions.TopicRecord(topic="of-all-kinds", key="k"),
    ]
    for action in (*wanted, *wanted):
        assert rested.perform(an_effect(action)).outcome == "accepted"
    with psycopg.connect(servers.postgres) as connection:
        rows = connection.execute("SELECT effect_id FROM effects.of_all_kinds").fetchall()
        connection.execute("DROP TABLE effects.of_all_kinds")
    assert rows == [(an_effect(wanted[0]).id,)]
    with redis.Redis.from_url(servers.redis) as client:
        assert client.get("effects:of-all-kinds") == b"1"
        client.delete("effects:of-all-kinds")
    path = servers.settings.home / "effects" / "of-all-kinds.ndjson"
    assert len(path.read_bytes().splitlines()) == 1


def test_who_is_not_there_and_what_is_not_set_is_said(rested: Rested) -> None:
    for action, reason in (
        (actions.SocketMessage(person="nobody"), "nobody is there"),
        (actions.TextMessage(to="+436601234567", text="t"), "GAMEHALL_SMS_URL"),
        (actions.WebPush(person="nobody", title="t"), "no browser"),
        (actions.TopicRecord(topic="waitroom-log", key="k"), "hall's"),
    ):
        delivery = rested.perform(an_effect(action))
        assert delivery.outcome == "rejected"
        assert reason in delivery.reason


def test_a_mail_goes_to_the_address_of_an_account_until_its_person_is_erased(
    servers: Hall, rested: Rested
) -> None:
    async def seal() -> str:
        async with keys_of(servers) as keys:
            sealed = await keys.seal("mailed", "mailed@mail.example")
        return msgspec.json.encode(sealed).decode()

    email = asyncio.run(seal())
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(ACCOUNT, {"user": "mailed", "email": email})
        connection.execute(IS_BUILT)
    try:
        action = actions.Email(to="mailed", subject="s", text="t")
        assert rested.perform(an_effect(action)).outcome == "accepted", "by the sink"
        nobody = rested.perform(an_effect(actions.Email(to="nobody", subject="s", text="t")))
        assert (nobody.outcome, nobody.again) == ("rejected", False)
        erase(servers.kafka, "mailed")
        deadline = time.monotonic() + 10  # the topic of keys is read on while something is done
        while (told := rested.perform(an_effect(action))).outcome == "accepted":
            assert time.monotonic() < deadline
        assert told.reason == "the person has no address"
    finally:
        with psycopg.connect(servers.postgres) as connection:
            connection.execute("DELETE FROM accounts WHERE user_id = 'mailed'")
            connection.execute("DELETE FROM projection_positions WHERE projection = 'accounts'")


def test_a_browser_that_somebody_asked_to_be_told_at_is_and_no_more_once_erased(
    servers: Hall, rested: Rested
) -> None:
    action = actions.WebPush(person="pushed", title="You're in line!")
    phone = Browser("phone")

    async def with_browsers(work: Any) -> Any:
        async with AsyncExitStack() as held:
            pool = await connections(servers.postgres, 1, held)
            keys = await held.enter_async_context(keys_of(servers))
            return await work(BrowsersInPostgres(pool, keys))

    with in_a_thread(PushService(pushed_in(rested.settings))) as service:
        asyncio.run(with_browsers(lambda browsers: browsers.add("pushed", phone.at(service))))
        assert rested.perform(an_effect(action)).outcome == "accepted"
        (request,) = service.requests
        assert phone.read(request)["title"] == "You're in line!"
        assert service.signer_of(request) == contact_of(rested.settings)
        with psycopg.connect(servers.postgres) as connection:
            (row,) = connection.execute("SELECT browser::text FROM push_subscriptions").fetchall()
        assert str(service.port) not in row[0], "it is sealed"

        async def forget(browsers: BrowsersInPostgres) -> int:
            async def execute(_: object) -> Any:
                raise AssertionError("nothing is decided")

            return await BrowsersOfPeople(browsers).erase("pushed", "olga", execute)

        assert asyncio.run(with_browsers(forget)) == 1
        assert "no browser" in rested.perform(an_effect(action, 18)).reason
        assert len(service.got) == 1


async def test_browsers_of_a_person_are_bounded_and_go_with_a_merge(servers: Hall) -> None:
    async with AsyncExitStack() as held:
        pool = await connections(servers.postgres, 1, held)
        keys = await held.enter_async_context(keys_of(servers))
        browsers = BrowsersInPostgres(pool, keys)

        def one(name: str) -> Subscription:
            return Subscription(id=name, endpoint=f"https://p/{name}", p256dh=b"k", auth=b"a")

        for number in range(MOST_OF_ONE + 3):
            added = await browsers.add("guest", one(f"{number:02}"))
            assert isinstance(added, KnownSubscription)
        known = [each.id for each in await browsers.known("guest")]
        assert known == [f"{number:02}" for number in range(MOST_OF_ONE + 2, 2, -1)]
        await browsers.add("other", one("10"))
        assert len(await browsers.known("guest")) == MOST_OF_ONE - 1, "it is another's by now"

        async def execute(_: object) -> Any:
            raise AssertionError("nothing is decided")

        moved = await BrowsersOfPeople(browsers).merge("guest", "account", "olga", execute)
        assert moved == MOST_OF_ONE - 1
        assert await browsers.of("guest") == []
        opened = await browsers.of("account")
        assert {each.endpoint for each in opened} == {f"https://p/{id}" for id in known} - {
            "https://p/10"
        }
        assert await browsers.remove("other", "11") is False
        assert await browsers.remove("account", "11")
        await browsers.forget("12")
        assert len(await browsers.known("account")) == MOST_OF_ONE - 3
        assert await browsers.forget_all("account") == MOST_OF_ONE - 3
        assert await browsers.forget_all("other") == 1


def test_whom_a_push_service_may_write_to(tmp_path: Path) -> None:
    here = Settings(home=tmp_path)
    assert contact_of(here) == NOBODY
    assert contact_of(here.model_copy(update={"api_url": "https://hall.example"})) == (
        "https://hall.example"
    )
    mail = here.model_copy(update={"mail_from": "Hall <hall@hall.example>"})
    assert contact_of(mail) == "mailto:hall@hall.example"
