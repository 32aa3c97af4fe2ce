"""Writes into the reference what the code knows better: `python -m tests.docs.reference`.

A page marks the places with `<!-- from the code: NAME -->` and `<!-- end -->`; what stands between
belongs to the writer of that name, in the module of that page, everything else to whoever writes
the page.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.docs.markdown import ROOT
from tests.docs.reference import command_line, events, eventsourcing, http, pages, settings, topics

FOLDER = ROOT / "docs" / "reference"
PLACE = re.compile(
    r"(?P<mark><!-- from the code: (?P<name>[a-z-]+) -->\n).*?(?=<!-- end -->)", re.DOTALL
)

WRITERS: dict[str, Callable[[], Iterator[str]]] = {
    name: writer
    for page in (command_line, events, eventsourcing, http, pages, settings, topics)
    for name, writer in page.WRITERS.items()
}


def written(page: str) -> str:
    """A page with what the code says now."""
    return PLACE.sub(
        lambda found: found["mark"] + "\n" + "\n".join(WRITERS[found["name"]]()).strip() + "\n\n",
        page,
    )


def reference_pages() -> list[Path]:
    """Every page of the reference."""
    return sorted(FOLDER.glob("*.md"))
