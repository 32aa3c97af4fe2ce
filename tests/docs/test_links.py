"""Every link of every page leads somewhere."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.markdown import ROOT, anchors, links, pages


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


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    assert leads_somewhere(ROOT / "README.md", "docs/explanation/the-log.md#the-gate")
    assert not leads_somewhere(ROOT / "README.md", "docs/no-such-page.md")
    assert not leads_somewhere(ROOT / "README.md", "docs/explanation/the-log.md#no-such-heading")
    assert not leads_somewhere(ROOT / "README.md", "../outside.md")


def test_links_in_code_are_none() -> None:
    assert links("[a](b.md)\n```sh\n[c](d.md)\n```\n`[e](f.md)`") == ["b.md"]
