"""As much of Markdown as the tests of the documentation have to understand."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SKIPPED = {".venv", ".gamehall", ".pytest_cache", "node_modules"}

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)$")
TITLE = re.compile(r'title="(?P<title>[^"]+)"')
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PICTURE = re.compile(r'!\[[^\]]*\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"')
HEADING = re.compile(r"^#{1,6} (?P<text>.+)$")
CODE = re.compile(r"`[^`\n]*`")
NAMED_FILE = re.compile(r"`(?P<path>\w[\w./-]*\.(?:py|js|css|tla|toml|txt|ini))`")


class Block(NamedTuple):
    """A fenced block: its language, its title if it has one, its text, where it begins."""

    language: str
    title: str
    text: str
    line: int


def pages() -> list[Path]:
    """Every page of the repository."""
    found = ROOT.rglob("*.md")
    return sorted(page for page in found if not SKIPPED & set(page.relative_to(ROOT).parts))


def blocks(text: str, first_line: int = 1) -> Iterator[Block]:
    """The fenced blocks of a page."""
    opened: tuple[str, str, int] | None = None
    held: list[str] = []
    for number, line in enumerate(text.splitlines(), first_line):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened, held = (fence["indent"], fence["info"].strip(), number), []
        elif opened and line.strip() == "```":
            yield _block(opened, held)
            opened = None
        elif opened:
            held.append(line.removeprefix(opened[0]))


def _block(opened: tuple[str, str, int], held: list[str]) -> Block:
    _, info, line = opened
    title = TITLE.search(info)
    language = info.partition(" ")[0]
    return Block(language, title["title"] if title else "", "".join(f"{h}\n" for h in held), line)


def prose(text: str) -> str:
    """A page without its blocks and its code."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append(CODE.sub("", line))
    return "\n".join(kept)


def links(text: str) -> list[str]:
    """Where a page points to."""
    return [link["target"] for link in LINK.finditer(prose(text))]


def pictures(text: str) -> list[str]:
    """The pictures that a page shows."""
    return [one or other for one, other in PICTURE.findall(prose(text))]


def named_files(text: str) -> list[str]:
    """The files of the code that a page names, or the ends of their paths."""
    return [named["path"] for named in NAMED_FILE.finditer(text)]


def anchors(text: str) -> set[str]:
    """The names under which the headings of a page can be reached, as GitHub makes them."""
    found: set[str] = set()
    for block in re.split(r"^ *```.*?^ *```$", text, flags=re.MULTILINE | re.DOTALL):
        for heading in filter(None, map(HEADING.match, block.splitlines())):
            found.add(re.sub(r"[^\w\- ]", "", heading["text"].lower()).replace(" ", "-"))
    return found
