"""What a command prints at a hall, and a picture of it as a terminal shows it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path

from playwright.async_api import Browser

from interfaces.http.platform.pages import FOLDER
from tests.conftest import Hall
from tests.pages import pictures

COLUMNS = 104
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Terminal</title>
<style>{tokens}
body {{ margin: 0; background: var(--ground); }}
pre {{ margin: 0; padding: 20px 24px; width: {columns}ch; font: 13px/1.45 var(--mono);
  color: var(--ink); white-space: pre-wrap; line-break: anywhere; }}
b {{ color: var(--one); font-weight: 400; }}
</style><pre>{lines}</pre></html>"""


async def run(hall: Hall, command: str, **environment: str) -> str:
    """What a command of the shell prints, with the hall's settings; fails if it does."""
    process = await _begin(hall, command, **environment)
    said, _ = await process.communicate()
    assert process.returncode == 0, f"{command}: {said.decode()}"
    return shown(hall, said.decode())


@asynccontextmanager
async def running(hall: Hall, command: str) -> AsyncIterator[asyncio.StreamReader]:
    """A command that goes on until the end of the block; gives what it prints."""
    process = await _begin(hall, command)
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        await process.wait()


async def _begin(hall: Hall, command: str, **environment: str) -> asyncio.subprocess.Process:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return await asyncio.create_subprocess_exec(
        *("bash", "-o", "pipefail", "-c", command),
        env={**hall.environment, "COLUMNS": str(COLUMNS), "PATH": path, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def shown(hall: Hall, said: str) -> str:
    """What was printed, with the hall in its usual folder."""
    lines = said.replace(str(hall.settings.home), ".gamehall").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


async def picture(browser: Browser, typed: Iterable[tuple[str, str]]) -> bytes:
    """A picture of commands, and of what each has printed."""
    tokens = (FOLDER / "hall" / "tokens.css").read_text()
    page = await browser.new_page(color_scheme="dark")
    lines = "\n\n".join(f"<b>$ {escape(command)}</b>\n{escape(said)}" for command, said in typed)
    await page.set_content(PAGE.format(tokens=tokens, columns=COLUMNS, lines=lines))
    png = await page.locator("pre").screenshot()
    small = await pictures.small(png, page)
    await page.context.close()
    return small
