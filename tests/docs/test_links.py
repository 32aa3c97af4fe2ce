"""Every link of every page leads somewhere, and the files that it names are there."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.checkouts import git
from tests.docs.markdown import ROOT, anchors, blocks, links, named_files, pages, pictures


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [target for target in links(page.read_text()) if not leads_somewhere(page, target)]
    assert broken == []


def leads_somewhere(page: Path, target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    found = (page.parent / parts.path).resolve() if parts.path else page
    if not found.is_relative_to(ROOT) or not found.exists():
        return False
    return not parts.fragment or parts.fragment in anchors(found.read_text())


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_that_a_page_shows_is_there(page: Path) -> None:
    shown = pictures(page.read_text())
    assert [each for each in shown if not (page.parent / each).is_file()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_has_typed_or_saved_goes_to_the_port_that_is_set(page: Path) -> None:
    made = [each for each in blocks(page.read_text()) if each.language == "sh" or each.title]
    assert [each.line for each in made if "127.0.0.1:8080" in each.text] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert unknown_files(page.read_text()) == []


def unknown_files(text: str) -> list[str]:
    """What a page names that is neither a file, or the end of its path, nor made by the page."""
    made = {block.title for block in blocks(text)}
    return [name for name in named_files(text) if name not in made and not is_a_file(name)]


def is_a_file(name: str) -> bool:
    return any(f"/{path}".endswith(f"/{name}") for path in tracked())


@cache
def tracked() -> list[str]:
    return git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()


def test_a_file_that_is_not_there_is_found() -> None:
    assert unknown_files("See `interfaces/worker.py` and `worker.py`, `infra/no_such.py`.") == [
        "infra/no_such.py"
    ]
    assert unknown_files('Run `mine.py`:\n```python title="mine.py"\npass\n```') == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    assert leads_somewhere(ROOT / "README.md", "docs/explanation/the-log.md#the-gate")
    assert not leads_somewhere(ROOT / "README.md", "docs/no-such-page.md")
    assert not leads_somewhere(ROOT / "README.md", "docs/explanation/the-log.md#no-such-heading")
    assert not leads_somewhere(ROOT / "README.md", "../outside.md")


def test_links_in_code_are_none() -> None:
    assert links("[a](b.md)\n```sh\n[c](d.md)\n```\n`[e](f.md)`") == ["b.md"]


def test_pictures_are_found() -> None:
    text = '![a](b.png) [c](d.md)\n<a href="e"><img src="f.webp"></a> <source srcset="g.webp">'
    assert pictures(text) == ["b.png", "f.webp", "g.webp"]
