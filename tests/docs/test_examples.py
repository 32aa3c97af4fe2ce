"""The Python of a page runs as it stands, where the page promises that."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.markdown import ROOT, Block, blocks

PROMISE = "The code on this page runs as it stands"
PAGES = [page for page in (ROOT / "docs").rglob("*.md") if PROMISE in page.read_text()]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module for a page; classes look up their annotations where they are defined."""
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    return module


def run(module: ModuleType, page: str, found: list[Block]) -> None:
    for block in found:
        if block.language == "python":
            # Blank lines before it, so that a failure names the line of the page.
            source = "\n" * block.line + block.text
            exec(compile(source, page, "exec"), vars(module))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path, module: ModuleType) -> None:
    run(module, str(page), list(blocks(page.read_text())))


def test_code_that_is_wrong_is_noticed(module: ModuleType) -> None:
    page = ["```python", "a = 1", "```", "so", "```python", "assert a == 2", "```"]
    with pytest.raises(AssertionError):
        run(module, "page", list(blocks("\n".join(page))))


def test_some_page_promises_it() -> None:
    assert {page.name for page in PAGES} >= {"change-an-event.md"}
