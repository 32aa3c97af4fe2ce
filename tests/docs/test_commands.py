"""What the pages tell their readers to type does what they say."""

from pathlib import Path

import pytest

from tests.conftest import Hall
from tests.docs.markdown import ROOT, Block, blocks
from tests.docs.sessions import Outcome, fits, run, steps

TYPED = [
    page
    for page in (
        ROOT / "README.md",
        *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
        *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    )
    if any(steps(list(blocks(page.read_text()))))
]


@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_happens(page: Path, hall: Hall, tmp_path: Path) -> None:
    found = blocks_of(page)
    outcome = run(hall, tmp_path, found)
    assert outcome.exit_code == 0, last_words(page, found, outcome)
    for step, said in zip(steps(found), outcome.said, strict=True):
        place = f"{page.relative_to(ROOT)}:{step.typed.line}"
        assert step.told is None or fits(hall, step.told, said), f"{place} said:\n{said}"


def blocks_of(page: Path) -> list[Block]:
    return list(blocks(page.read_text()))


def last_words(page: Path, found: list[Block], outcome: Outcome) -> str:
    step = list(steps(found))[len(outcome.said) - 1]
    return (
        f"{page.relative_to(ROOT)}:{step.typed.line} ended with {outcome.exit_code}:\n"
        f"{outcome.said[-1]}"
    )


def page(*lines: str) -> list[Block]:
    return list(blocks("\n".join(lines)))


def test_what_a_page_does_not_say_is_noticed(hall: Hall, tmp_path: Path) -> None:
    found = page("```sh", "NAME=ada", "```", "```sh", "echo $NAME", "```", "```text", "bob", "```")
    outcome = run(hall, tmp_path, found)
    first, second = steps(found)
    assert (outcome.exit_code, outcome.said) == (0, ["", "ada\n"])
    assert first.told is None
    assert second.told is not None
    assert not fits(hall, second.told, outcome.said[1])


def test_a_page_that_fails_stops_there(hall: Hall, tmp_path: Path) -> None:
    found = page(
        "```sh", "echo no; false", "```", "```sh", "echo on", "```", "```console", "$ x", "```"
    )
    assert run(hall, tmp_path, found) == Outcome(["no\n"], 1)


def test_three_dots_stand_for_anything(hall: Hall) -> None:
    assert fits(hall, "a … c\n", "a b\nb c\n")
    assert not fits(hall, "a … c\n", "a b\nb d\n")
