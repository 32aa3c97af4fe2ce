"""What the reference shows of pages: all of them, in every picture that tests have taken."""

from collections.abc import Iterator
from itertools import product

from interfaces.http.app import PAGES
from interfaces.http.platform.pages import HALL
from tests.pages.pictures import FOLDER

FORMS = tuple("-".join(form) for form in product(("phone", "desktop"), ("light", "dark")))
WIDTHS = {"phone": 100, "desktop": 250}
FIRST = "at first"
NOWHERE = "An address without a page"

TITLES = {
    "index": (f"{HALL.title}, `{HALL.path}`", HALL.about),
    **{page.path[1:]: (f"{page.title}, `{page.path}`", page.about) for page in PAGES},
    "nowhere": (NOWHERE, "What a browser is shown where there is nothing."),
}
"""The heading of each page and what is said of it, by what its pictures' names begin with."""


def sections() -> Iterator[str]:
    """A section for each page, with a row for each of its states."""
    states = sorted({name.removesuffix(f"-{form}") for name, form in _shown()})
    for page, (title, about) in TITLES.items():
        yield from (f"## {title}", "", about, "")
        yield f"| | {' | '.join(form.replace('-', ', ') for form in FORMS)} |"
        yield "|---" * (1 + len(FORMS)) + "|"
        for state in states:
            if state == page or (state.startswith(f"{page}-") and state not in TITLES):
                yield _row(state, state.removeprefix(page).replace("-", " ").strip() or FIRST)
        yield ""


def _shown() -> Iterator[tuple[str, str]]:
    for name, form in product((each.stem for each in FOLDER.iterdir()), FORMS):
        if name.endswith(f"-{form}"):
            yield name, form


def _row(state: str, told: str) -> str:
    cells = (_picture(f"{state}-{form}") for form in FORMS)
    return f"| {told} | {' | '.join(cells)} |"


def _picture(name: str) -> str:
    if not (FOLDER / f"{name}.png").exists():
        return ""
    width = next(width for size, width in WIDTHS.items() if f"-{size}-" in name)
    address = f"../pictures/{name}.png"
    alt = name.replace("-", " ")
    return f'<a href="{address}"><img src="{address}" width="{width}" alt="{alt}"></a>'


WRITERS = {"pictures": sections}
