"""People at browsers who sign up and in with passkeys, over HTTP."""

from typing import Any

import httpx

from tests.accounts.authenticator import SoftDevice, SoftPasskey


class Browser:
    """A browser with a device, at an address; `origin` is where the hall says that it is."""

    def __init__(
        self, client: Any, origin: str, *, headers: dict[str, str], synced: bool = True
    ) -> None:
        self.client = client
        self.device = SoftDevice(origin, synced=synced)
        self._headers = headers

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        answer: httpx.Response = await self.client.post(
            f"/api/v1/{path}", json={} if body is None else body, headers=self._headers
        )
        return answer

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer: httpx.Response = await self.client.get(f"/api/v1/{path}", headers=headers)
        return answer

    async def asked(self, path: str, body: Any = None) -> dict[str, Any]:
        """What a device is asked by an address that begins a ceremony."""
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        asked: dict[str, Any] = answer.json()["publicKey"]
        return asked

    async def sign_up(self, handle: str = "ada", **more: Any) -> httpx.Response:
        """All of it: a passkey is made, and the account opened."""
        kept = {"keep": more["keep"]} if "keep" in more else {}
        asked = await self.asked("sign-up/options", {"handle": handle, **kept})
        made = self.device.make(asked)
        return await self.post("sign-up", {"handle": handle, "credential": made, **more})

    async def sign_in(self, passkey: SoftPasskey | None = None, **lies: Any) -> httpx.Response:
        asked = await self.asked("sign-in/passkey/options")
        signed = self.device.sign(asked, passkey, **lies)
        return await self.post("sign-in/passkey", {"credential": signed})

    async def add(self, **more: Any) -> httpx.Response:
        """Add one more passkey to one's account."""
        made = self.device.make(await self.asked("me/passkeys/options"))
        return await self.post("me/passkeys/add", {"credential": made, **more})

    async def passkeys(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.get("me/passkeys")).json()["passkeys"]
        return listed

    async def sessions(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.get("me/sessions")).json()["sessions"]
        return listed
