"""People sign in by a real identity provider, and by nothing that only looks like one."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from infra import openid
from infra.openid import OpenIdProvider
from interfaces.http import app as application
from interfaces.http.sign_in.provider import CALLBACK_PATH, Provider
from tests.conftest import free_port
from tests.http.conftest import Api, an_api

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = Path(__file__).with_name("provider")
HALL = "http://hall.example"
ENTRANCE = "/api/v1/sign-in/provider?return=/play?game=7"


@dataclass
class Elsewhere:
    """The provider, which runs in a process of its own."""

    issuer: str
    process: asyncio.subprocess.Process

    async def rotate_keys(self) -> None:
        """Sign with another key from now on, and forget the one before."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        await self.says("rotated")

    async def says(self, word: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while (line := await self.process.stdout.readline()).strip() != word.encode():
                assert line, "the provider has ended"


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def elsewhere() -> AsyncIterator[Elsewhere]:
    node, npm = (shutil.which(each) for each in ("node", "npm"))
    if node is None or npm is None:
        pytest.skip("needs node and npm, to run an identity provider of somebody else's")
    if not (FOLDER / "node_modules").exists():
        install = [npm, "install", "--prefix", str(FOLDER), "--no-package-lock", "--no-audit"]
        installed = subprocess.run(install, capture_output=True, text=True, check=False)  # noqa: ASYNC221
        if installed.returncode:
            pytest.skip(f"npm gives no identity provider here: {installed.stderr[:200]}")
    port = free_port(1)
    process = await asyncio.create_subprocess_exec(
        node,
        str(FOLDER / "provider.mjs"),
        f"{port}",
        HALL + CALLBACK_PATH,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    running = Elsewhere(f"http://127.0.0.1:{port}", process)
    await running.says("ready")
    yield running
    process.kill()
    await process.wait()


@dataclass
class Browser:
    """A browser of somebody, who goes from the hall to the provider and back."""

    hall: httpx.AsyncClient
    elsewhere: httpx.AsyncClient

    async def leaves(self) -> str:
        """The address at the provider that the hall sends it to."""
        sent = await self.hall.get(ENTRANCE)
        assert sent.status_code == 303, sent.text
        return str(sent.headers["location"])

    async def signs_in_elsewhere(self, address: str, login: str = "ada") -> str:
        """The address at the hall that the provider sends it back to."""
        answer = await self.elsewhere.get(address)
        while not (to := answer.headers.get("location", "")).startswith(HALL):
            if to:
                answer = await self.elsewhere.get(to)
                continue
            (action,) = set(re.findall(r'action="([^"]*)"', answer.text))
            (prompt,) = re.findall(r'name="prompt" value="([^"]*)"', answer.text)
            form = {"prompt": prompt, "login": login, "password": "any"}
            answer = await self.elsewhere.post(action, data=form)
        return str(to)

    async def comes_back(self, address: str) -> httpx.Response:
        return await self.hall.get(address)

    async def me(self) -> Any:
        answer = await self.hall.get("/api/v1/me")
        return answer.json() if answer.status_code == 200 else None


@asynccontextmanager
async def a_browser(api: Api, provider: OpenIdProvider) -> AsyncIterator[Browser]:
    parts = {**api.services.parts, Provider: Provider(provider)}
    app: Any = application.create_app(replace(api.services, parts=parts)).public
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HALL) as hall,
        httpx.AsyncClient(base_url=provider.issuer, trust_env=False) as elsewhere,
    ):
        yield Browser(hall, elsewhere)


@pytest_asyncio.fixture(loop_scope="session")
async def provider(elsewhere: Elsewhere) -> AsyncIterator[OpenIdProvider]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield known(client, elsewhere.issuer)


def known(client: httpx.AsyncClient, issuer: str) -> OpenIdProvider:
    return OpenIdProvider(
        client,
        issuer=issuer,
        client_id="hall",
        client_secret="a secret: with/odd signs",
        redirect=HALL + CALLBACK_PATH,
        leeway_s=5,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def browser(provider: OpenIdProvider) -> AsyncIterator[Browser]:
    async with an_api() as api, a_browser(api, provider) as browser:
        yield browser


def refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in#problem=refused")
    kept = [each for each in answer.headers.get_list("set-cookie") if "Max-Age=0;" not in each]
    assert kept == [], "what was put aside is cleared away, and nothing else is kept"


async def test_somebody_signs_in_elsewhere_and_comes_back(browser: Browser) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    answer = await browser.comes_back(back)

    assert (answer.status_code, answer.headers["location"]) == (303, "/play?game=7")
    me = await browser.me()
    assert (me["name"], me["scope"]) == ("ada of old", "player")
    assert me["user_id"].startswith("player~")


async def test_somebody_is_the_same_whenever_they_sign_in_and_nobody_else(
    provider: OpenIdProvider,
) -> None:
    ids = []
    for login in ("ada", "ada", "ben"):
        async with an_api() as api, a_browser(api, provider) as browser:
            back = await browser.signs_in_elsewhere(await browser.leaves(), login)
            await browser.comes_back(back)
            ids.append((await browser.me())["user_id"])
    assert ids[0] == ids[1] != ids[2]


async def test_nobody_comes_back_twice(browser: Browser) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    await browser.comes_back(back)
    refused(await browser.comes_back(back))


async def test_another_browser_does_not_come_back_for_somebody(
    browser: Browser, provider: OpenIdProvider
) -> None:
    theirs = await browser.signs_in_elsewhere(await browser.leaves())
    async with an_api() as api, a_browser(api, provider) as victim:
        refused(await victim.comes_back(theirs))
        await victim.leaves()
        refused(await victim.comes_back(theirs))
        assert await victim.me() is None


async def test_a_code_of_another_attempt_is_no_good(browser: Browser) -> None:
    first = await browser.signs_in_elsewhere(await browser.leaves())
    second = await browser.signs_in_elsewhere(await browser.leaves())
    codes = [parse_qs(urlsplit(each).query)["code"][0] for each in (first, second)]
    refused(await browser.comes_back(second.replace(codes[1], codes[0])))


async def test_who_comes_back_with_another_state_is_not_signed_in(browser: Browser) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    refused(await browser.comes_back(re.sub("state=[^&]*", "state=another", back)))
    assert (await browser.comes_back(back)).headers["location"] == "/play?game=7"


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=&code=x", "?state=é&code=x", "?error=access_denied"]
)
async def test_who_comes_back_with_something_else_is_not_signed_in(
    browser: Browser, query: str
) -> None:
    await browser.leaves()
    refused(await browser.comes_back(CALLBACK_PATH + query))


async def test_who_is_sent_by_another_provider_is_not_signed_in(browser: Browser) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    assert "&iss=" in back
    refused(await browser.comes_back(re.sub("&iss=[^&]*", "&iss=http://127.0.0.1:1", back)))


async def test_keys_may_change_at_any_time(
    browser: Browser, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "KEYS_PAUSE_S", 0.0)
    await browser.comes_back(await browser.signs_in_elsewhere(await browser.leaves()))
    await elsewhere.rotate_keys()
    back = await browser.signs_in_elsewhere(await browser.leaves())
    assert (await browser.comes_back(back)).headers["location"] == "/play?game=7"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": "another"},
        {"redirect": "http://hall.example/elsewhere"},
    ],
    ids=str,
)
async def test_a_hall_that_is_not_believed_signs_nobody_in(
    browser: Browser, provider: OpenIdProvider, changed: Any
) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changed.items():
            patch.setattr(provider, {"client_secret": "_secret"}.get(name, f"_{name}"), value)
        refused(await browser.comes_back(back))


async def test_a_token_for_somebody_else_is_refused(
    browser: Browser, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await browser.signs_in_elsewhere(await browser.leaves())
    monkeypatch.setattr(provider, "_client_id", "another")
    refused(await browser.comes_back(back))


async def test_a_provider_that_is_away_or_another_is_told_on_the_page() -> None:
    async with AsyncExitStack() as held:
        client = await held.enter_async_context(httpx.AsyncClient(trust_env=False))
        api = await held.enter_async_context(an_api())
        nobody = known(client, f"http://127.0.0.1:{free_port(1)}")
        browser = await held.enter_async_context(a_browser(api, nobody))
        sent = await browser.hall.get(ENTRANCE)
        assert sent.headers["location"] == "/sign-in#problem=away"
        entrance = (await browser.hall.get("/api/v1/sign-in")).json()
        assert entrance["provider"] == nobody.name
