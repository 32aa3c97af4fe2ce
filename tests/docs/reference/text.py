"""What the pages are written with."""

import inspect
from collections.abc import Iterator, Sequence


def table(columns: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in row)} |"


def one_line(text: str) -> str:
    """A docstring on one line."""
    return " ".join(text.split())


def paragraphs(docstring: str) -> Iterator[str]:
    """A docstring, a line for each paragraph."""
    yield from (one_line(part) for part in inspect.cleandoc(docstring).split("\n\n"))
