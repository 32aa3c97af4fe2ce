"""The proxy of the how-to, as it stands on the page, in front of the API at a real server."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.conftest import free_port
from tests.docs.markdown import ROOT, blocks
from tests.http.at_tables import LIVE
from tests.http.conftest import Api, an_api
from tests.http.serving import HOST, listening, served
from tests.programs import found

PAGE = ROOT / "docs/how-to/put-a-proxy-in-front.md"
MOST_CONNECTIONS, MOST_SOCKETS = 100, 20
ANY_CERTIFICATE = ssl._create_unverified_context()


@asynccontextmanager
async def proxied(api: Api, folder: Path) -> AsyncIterator[int]:
    """The API behind the proxy; gives the proxy's port."""
    haproxy = found("haproxy", shutil.which("haproxy"), os.environ)
    port, pem, file = free_port(1), folder / "hall.pem", folder / "haproxy.cfg"
    certify(pem)
    async with served(api.doors.public) as behind:
        (config,) = [each for each in blocks(PAGE.read_text()) if each.language == "haproxy"]
        text = config.text.replace("bind :443", f"bind {HOST}:{port}")
        text = text.replace("timeout http-request 5s", "timeout http-request 1s")  # of waiting
        text = text.replace("maxconn 20000", "maxconn 400")  # which any limit of descriptors allows
        text = text.replace("/etc/haproxy/hall.pem", str(pem))
        file.write_text(text.replace(f"{HOST}:8080", f"{HOST}:{behind}"))
        subprocess.run([haproxy, "-c", "-f", file], check=True)  # noqa: ASYNC221
        proxy = subprocess.Popen([haproxy, "-db", "-f", file], stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        try:
            await listening(port)
            yield port
        finally:
            proxy.kill()
            proxy.wait()


def certify(pem: Path) -> None:
    """Make a certificate that nobody trusts, with its key."""
    openssl = found("openssl", shutil.which("openssl"), os.environ)
    key = pem.with_name("key")
    asked: list[str | Path] = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    made: list[str | Path] = ["-nodes", "-subj", "/CN=hall", "-keyout", key, "-out", pem]
    subprocess.run([*asked, *made], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + key.read_bytes())


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[tuple[Api, int]]:
    async with an_api() as api, proxied(api, tmp_path) as port:
        yield api, port


def live(api: Api, port: int, user: str, address: str = LIVE) -> "connect":
    url = f"wss://{HOST}:{port}{address}"
    return connect(url, ssl=ANY_CERTIFICATE, additional_headers=api.token(user), proxy=None)


async def test_people_join_and_play_through_it(proxy: tuple[Api, int]) -> None:
    api, port = proxy
    await api.open()
    body = {"user_id": "ann", "event_id": "concert"}
    base = f"https://{HOST}:{port}"
    async with httpx.AsyncClient(base_url=base, verify=False, trust_env=False) as client:
        joined = await client.post("/api/v1/waitroom/join", json=body, headers=api.token("ann"))
        assert joined.status_code == 201
        large = await client.post("/api/v1/waitroom/join", content=b" " * 1_000_000)
        assert large.status_code == 401, "what a hall says is read"
        for spelling in ("/metrics", "/%6detrics", "//metrics", "/metrics/", "/metrics?a=b"):
            metrics = await client.get(base + spelling, headers=api.token("ann"))
            assert metrics.status_code == 404, spelling
    async with live(api, port, "ann") as socket:
        await socket.send('{"type": "ping", "id": "p"}')
        assert '"pong"' in str(await socket.recv())


async def test_an_address_has_so_many_sockets(proxy: tuple[Api, int]) -> None:
    api, port = proxy
    async with AsyncExitStack() as sockets:
        opened = [
            await sockets.enter_async_context(live(api, port, f"user-{number}"))
            for number in range(MOST_SOCKETS)
        ]
        for spelling in (LIVE, LIVE.replace("live", "%6cive"), f"{LIVE}/", f"{LIVE}?a=b"):
            with pytest.raises(InvalidStatus, match="429"):
                await sockets.enter_async_context(live(api, port, "another", spelling))
        await opened[0].send('{"type": "ping"}')
        assert '"pong"' in str(await opened[0].recv())


async def test_an_address_has_so_many_connections(proxy: tuple[Api, int]) -> None:
    _, port = proxy
    kept = [
        await asyncio.open_connection(HOST, port, ssl=ANY_CERTIFICATE)
        for _ in range(MOST_CONNECTIONS)
    ]
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await asyncio.open_connection(HOST, port, ssl=ANY_CERTIFICATE)
    for _, writer in kept:
        writer.close()


async def test_a_slow_header_is_not_waited_for(proxy: tuple[Api, int]) -> None:
    _, port = proxy
    reader, writer = await asyncio.open_connection(HOST, port, ssl=ANY_CERTIFICATE)
    writer.write(b"GET /health/live HTTP/1.1\r\nhost: hall\r\nx: ")
    assert (await reader.read()).startswith(b"HTTP/1.1 408")
    writer.close()
