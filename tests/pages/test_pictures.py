"""The documents show every page that tests take pictures of, in all forms, and no other."""

import ast
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

from tests.pages.conftest import SCHEMES, SIZES
from tests.pages.pictures import FOLDER, MOST_BYTES, RENEW
from tests.pages.test_every_page import ADDRESSES

HERE = Path(__file__).parent
SPELLED: dict[str, Sequence[str]] = {
    "name": [*ADDRESSES],
    "size": [*SIZES],
    "scheme": SCHEMES,
}
"""What stands for the variables in the names of pictures; any other one stands for anything."""

MOST_BYTES_OF_ALL = 4_000_000


def names(source: str) -> Iterator[str]:
    """What the tests in a file call the pictures that they keep, as patterns."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "keep":
            yield from spelled(node.args[0])


def spelled(name: ast.expr) -> Iterator[str]:
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    yield from map("".join, product(*map(alternatives, parts)))


def alternatives(part: ast.expr) -> Sequence[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    variable = part.value if isinstance(part, ast.FormattedValue) else part
    return SPELLED.get(getattr(variable, "id", ""), ["*"])


TAKEN = {name for file in HERE.glob("test_*.py") for name in names(file.read_text())}
SHOWN = {file.stem: file.stat().st_size for file in FOLDER.iterdir()}


def test_the_documents_show_every_picture_that_is_taken() -> None:
    missing = [name for name in TAKEN if not any(fnmatchcase(each, name) for each in SHOWN)]
    assert missing == [], RENEW


def test_the_documents_show_nothing_that_nobody_takes() -> None:
    left = [each for each in SHOWN if not any(fnmatchcase(each, name) for name in TAKEN)]
    assert left == [], RENEW


def test_every_page_is_shown_in_all_forms() -> None:
    forms = {"-".join(parts) for parts in product(ADDRESSES, SIZES, SCHEMES)}
    assert forms <= SHOWN.keys(), RENEW


def test_pictures_are_small() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".png"}
    assert [each for each, size in SHOWN.items() if size > MOST_BYTES] == []
    assert sum(SHOWN.values()) < MOST_BYTES_OF_ALL


def test_the_names_of_pictures_are_read_from_the_tests() -> None:
    source = 'x.keep("a")\nx.keep(f"b-{scheme}", whole=False)\nx.keep(f"c-{other}")\ny.go("d")'
    assert {*names(source)} == {"a", "b-light", "b-dark", "c-*"}
