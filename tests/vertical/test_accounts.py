"""Accounts on real servers: people who want the same handle, while processes die."""

import asyncio
import json
import os
import signal
from collections import Counter
from functools import partial
from typing import Any

import httpx

from tests.conftest import Hall
from tests.people import a_name, client_of, eventually, listening, pid_of

MINE = "/api/v1/me/account"


async def register(client: httpx.AsyncClient, hall: Hall, user: str, handle: str) -> httpx.Response:
    """Ask as a good client does: again, with the same key, until there is an answer."""
    keyed = hall.player(user) | {"Idempotency-Key": handle}
    while True:
        try:
            answer = await client.post(f"{MINE}/register", json={"handle": handle}, headers=keyed)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)


def history_of(hall: Hall, handle: str) -> list[str]:
    """What happened to a handle, without versions."""
    shown = hall.command("events", "show", "user-log", f"@{handle}", "--json")
    events = [json.loads(line)["event"]["type"] for line in shown.stdout.splitlines()]
    return [each.rpartition(".v")[0] for each in events]


async def confirmed(hall: Hall, handle: str) -> bool:
    return "name.confirmed" in await asyncio.to_thread(history_of, hall, handle)


async def test_of_two_who_want_one_handle_one_has_it(hall: Hall) -> None:
    handle = a_name("owl")
    users = [a_name("user") for _ in range(8)]
    async with client_of(hall) as client:
        answers = await asyncio.gather(*(register(client, hall, each, handle) for each in users))
        assert Counter(each.status_code for each in answers) == {201: 1, 409: 7}
        (opened,) = (each for each in answers if each.status_code == 201)
        winner, after = opened.json()["user_id"], {"Read-After": opened.headers["Position"]}

        seen = await client.get(
            f"/api/v1/accounts/by-handle/{handle.upper()}", headers=hall.player("eve") | after
        )
        assert seen.json()["user_id"] == winner
        await eventually(lambda: confirmed(hall, handle), bool, patience=30)
        with listening(hall, "user-events", winner) as told:
            changed = await client.post(f"{MINE}/profile", json={}, headers=hall.player(winner))
            assert changed.is_success
            await client.post(f"{MINE}/delete", headers=hall.player(winner))
            events = await asyncio.to_thread(told, 2)
        assert [each["event_type"] for each in events] == ["profile_updated", "account_deleted"]


async def test_handles_are_given_once_while_the_api_and_the_process_are_killed(hall: Hall) -> None:
    """Each of twenty handles is wanted by three people, who go on asking until they know."""
    handles = [a_name("night") for _ in range(20)]
    wanted = [(a_name("user"), handle) for handle in handles for _ in range(3)]
    pids = [pid_of(hall, name) for name in ("api", "worker-names")]
    async with client_of(hall) as client:
        some_at_a_time = asyncio.Semaphore(8)  # so that they are not all answered at once

        async def asked(user: str, handle: str) -> httpx.Response:
            async with some_at_a_time:
                return await register(client, hall, user, handle)

        asking = [asyncio.create_task(asked(*each)) for each in wanted]
        await eventually(lambda: done(asking), lambda found: found > len(asking) // 4, pause=0.001)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert await done(asking) < len(asking), "the API was killed too late to matter"
        answers = await asyncio.gather(*asking)

        opened = [each.json() for each in answers if each.status_code == 201]
        assert {each.status_code for each in answers} == {201, 409}
        assert sorted(each["handle"] for each in opened) == sorted(handles)

        async def listed() -> list[dict[str, Any]]:
            path = "/api/v1/accounts?prefix=night-&limit=1000"
            found = await client.get(path, headers=hall.admin())
            return list(found.json().get("accounts", ()))

        shown = await eventually(listed, lambda found: len(found) == len(handles), patience=30)
        assert {(each["user_id"], each["handle"]) for each in shown} == {
            (each["user_id"], each["handle"]) for each in opened
        }
        for handle in (handles[0], handles[-1]):
            await eventually(partial(confirmed, hall, handle), bool, patience=30)


async def done(tasks: list[asyncio.Task[Any]]) -> int:
    return sum(each.done() for each in tasks)


async def test_a_claim_of_which_nothing_became_is_released(hall: Hall) -> None:
    """As when its time is over, of which the domain's tests tell: the account is asked."""
    handle, lost, ben = a_name("owl"), a_name("user"), a_name("user")
    headers = {"Authorization": f"Bearer {hall.tokens.issue('names', 'process')}"}

    async def step(command: str, **facts: Any) -> Any:
        sent = {"command": command, "name": f"@{handle}", "user_id": lost, **facts}
        body = [{"command_id": a_name("step"), "command": sent}]
        answer = await client.post("/api/v1/commands", json=body, headers=headers)
        return answer.json()[0].get("reply")

    async with client_of(hall) as client:
        claim = await step("name.claim")
        refused = await register(client, hall, ben, handle)
        assert refused.json()["type"].endswith("handle-taken")

        await step("account.settle-claim", claimed_until=claim["until"])

        async def asked_again() -> int:
            return (await register(client, hall, ben, handle)).status_code

        await eventually(asked_again, lambda status: status == 201)
    history = await asyncio.to_thread(history_of, hall, handle)
    assert history[:3] == ["name.claimed", "name.released", "name.claimed"]
