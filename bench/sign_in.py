"""Whether the time of an answer tells who has an account: mails asked for known and unknown ones.

Against a hall that keeps its mails, and trusts this machine with more tries than a network has:
`GAMEHALL_TRUSTED_NETWORKS=127.0.0.0/8 gamehall up`. Accounts are opened by mail; then both kinds of
addresses are asked for in pairs, of which chance says who is first, each once, by a browser that
nobody has seen before.
"""

import random
import re
import time
from collections.abc import Sequence
from operator import gt
from statistics import median, quantiles
from uuid import uuid4

import httpx
import rich_click as click

from bench.machine import machine
from interfaces.settings import Settings, load
from interfaces.tokens import Tokens

MAIL = "/api/v1/sign-in/mail"
PATIENCE_S = 10.0


class Asker:
    """Browsers of one machine, and the mails that the hall keeps."""

    def __init__(self, settings: Settings) -> None:
        url = settings.base_url
        self._admin = {
            "Authorization": f"Bearer {Tokens(settings.signing_secret()).issue('bench', 'admin')}"
        }
        self._client = httpx.Client(base_url=url, headers={"origin": url}, timeout=PATIENCE_S)

    def ask(self, email: str) -> float:
        """Have a mail sent; how many seconds the answer took."""
        self._client.cookies.clear()
        begun = time.perf_counter()
        answer = self._client.post(MAIL, json={"email": email})
        took_s = time.perf_counter() - begun
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise click.ClickException("Start the hall with GAMEHALL_TRUSTED_NETWORKS=127.0.0.0/8.")
        answer.raise_for_status()
        return took_s

    def open_account(self, email: str) -> None:
        """Open an account by mail."""
        self.ask(email)
        self._post("/code", {"code": self._code(email)})
        self._post("/register", {"handle": email.partition("@")[0]})

    def _post(self, path: str, body: dict[str, str]) -> None:
        self._client.post(f"{MAIL}{path}", json=body).raise_for_status()

    def _code(self, email: str) -> str:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            kept = self._client.get("/api/v1/mails", headers=self._admin).raise_for_status()
            for mail in kept.json()["mails"]:
                if mail["to"] == email:
                    return re.findall(r"\d{4} \d{4}", mail["subject"])[0]
        raise click.ClickException(f"No mail came within {PATIENCE_S:g} s.")


def addresses(count: int) -> list[str]:
    """Addresses that nobody has asked for."""
    return [f"b{uuid4().hex[:16]}@bench.example" for _ in range(count)]


def row(times_s: Sequence[float]) -> str:
    """How long answers took."""
    cuts = quantiles(times_s, n=100)
    shown = {"p10": cuts[9], "p50": median(times_s), "p90": cuts[89], "p99": cuts[98]}
    return "  ".join(f"{name} {1_000 * each:6.3f} ms" for name, each in shown.items())


def slower(known: Sequence[float], unknown: Sequence[float]) -> float:
    """How often, of two answers next to each other, that for somebody known takes longer."""
    return sum(map(gt, known, unknown)) / len(known)


@click.command()
@click.option("--accounts", default=300, show_default=True)
@click.option("--pause-ms", default=20.0, show_default=True, help="Between questions.")
def main(accounts: int, pause_ms: float) -> None:
    """Print how long answers take for addresses with and without an account."""
    click.echo(machine())
    asker = Asker(load())
    known, unknown = addresses(accounts), addresses(accounts)
    for email in known:
        asker.open_account(email)
    click.echo(f"{accounts} accounts are open")
    took_s: dict[bool, list[float]] = {True: [], False: []}
    for pair in zip(known, unknown, strict=True):
        for is_known in random.sample([True, False], 2):
            took_s[is_known].append(asker.ask(pair[not is_known]))
            time.sleep(pause_ms / 1_000)
    click.echo(f"with an account     {row(took_s[True])}")
    click.echo(f"without an account  {row(took_s[False])}")
    share = slower(took_s[True], took_s[False])
    # If they are alike, 19 of 20 such shares are that near to a half.
    near = 1.96 * 0.5 / accounts**0.5
    click.echo(f"slower with an account: {share:.1%} of pairs (alike: 50 % ± {near:.1%})")


if __name__ == "__main__":
    main()
