"""Chromium's own virtual devices, which make passkeys and sign with them."""

from typing import Any, cast

from playwright.async_api import Page

from interfaces.http.accounts.ceremonies import Ceremonies
from tests.http.fakes.accounts import FakePasskeyUses
from tests.http.fakes.once import FakeOnce
from tests.pages.conftest import Site

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_device(page: Page, *passkeys: Any) -> "VirtualDevice":
    """Let somebody at a page have a device, which may know passkeys already."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    device = VirtualDevice(session, made["authenticatorId"])
    for each in passkeys:
        await device.send("addCredential", credential=each)
    return device


class VirtualDevice:
    """What a test does with it."""

    def __init__(self, session: Any, id: str) -> None:
        self._session = session
        self._id = id

    async def send(self, command: str, **told: Any) -> Any:
        return await self._session.send(
            f"WebAuthn.{command}", {"authenticatorId": self._id, **told}
        )

    async def passkeys(self) -> list[Any]:
        """Those that it has, with their keys."""
        return list((await self.send("getCredentials"))["credentials"])

    async def leave(self) -> None:
        """Be somewhere else."""
        await self.send("removeVirtualAuthenticator")


def named(site: Site) -> Site:
    """The same hall at an address with a name, since browsers make no passkeys for a number."""
    base = site.base.replace("127.0.0.1", "localhost")
    tokens = site.api.services.tokens
    ceremonies = Ceremonies(tokens, FakeOnce(), FakePasskeyUses(), base_url=base)
    cast("dict[type, Any]", site.api.services.parts)[Ceremonies] = ceremonies
    return Site(site.api, site.browser, base, site.now)
