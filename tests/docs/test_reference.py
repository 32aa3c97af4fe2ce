"""The reference says what the code does."""

from pathlib import Path

import pytest

from tests.docs.reference import PLACE, WRITERS, reference_pages, written
from tests.docs.reference.events import former_versions
from tests.eventlog.guestbook import Signed


@pytest.mark.parametrize("page", reference_pages(), ids=lambda page: page.name)
def test_what_comes_from_the_code_is_up_to_date(page: Path) -> None:
    text = page.read_text()
    assert text == written(text), "refresh it: python -m tests.docs.reference"


def test_everything_that_can_be_written_is_on_a_page() -> None:
    marked = [
        found["name"] for page in reference_pages() for found in PLACE.finditer(page.read_text())
    ]
    assert sorted(marked) == sorted(WRITERS)


def test_what_is_not_up_to_date_is_noticed() -> None:
    page = "<!-- from the code: settings -->\nlong ago\n<!-- end -->\n"
    assert "long ago" not in written(page)
    assert "GAMEHALL_PORT" in written(page)


def test_the_catalogue_shows_former_versions() -> None:
    text = "\n".join(former_versions(Signed))
    assert text.index("guestbook.signed.v2") < text.index("guestbook.signed.v1")
    assert "| `name` | text |" in text
