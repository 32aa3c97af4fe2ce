"""What a handle may be."""

import unicodedata

import pytest
from hypothesis import example
from hypothesis import given as for_all
from hypothesis import strategies as some

from domain.accounts.names import (
    HandleMalformed,
    HandleReserved,
    canonical,
    likeness,
    refuse_reserved,
)
from domain.keys import flaw_in_key

HANDLES = some.from_regex(r"[a-z0-9]{3,9}([._-][a-z0-9]{1,9}){0,2}", fullmatch=True)


@for_all(HANDLES)
def test_a_canonical_handle_is_its_own_form_and_a_good_key(handle: str) -> None:
    assert canonical(handle) == handle
    assert flaw_in_key(handle) is None


@for_all(HANDLES, some.randoms())
def test_case_does_not_count(handle: str, random: object) -> None:
    written = "".join(random.choice((each, each.upper())) for each in handle)  # type: ignore[attr-defined]
    assert canonical(written) == handle


@for_all(some.text(min_size=1, max_size=30))
@example("\u0430d\u0430")  # of Cyrillic letters
@example("ada\u200bl")
@example("\uff41\uff44\uff41")
@example("straße")
@example("ada\n")
def test_whatever_becomes_a_handle_is_read_as_that_handle(name: str) -> None:
    """No letter of another alphabet, and nothing that nobody sees, is lost on the way."""
    try:
        handle = canonical(name)
    except HandleMalformed:
        return
    assert name == unicodedata.normalize("NFKC", name)
    assert handle == name.casefold()
    assert handle.isascii()
    assert canonical(handle) == handle


@pytest.mark.parametrize(
    "name",
    [
        "ad",
        "a" * 31,
        "\u0430d\u0430",
        "ada\u200bl",
        "ada\n",
        ".ada",
        "ada-",
        "a__b",
        "a b",
        "ä-b",
        "\uff41da",
    ],
)
def test_what_is_no_handle_is_refused(name: str) -> None:
    with pytest.raises(HandleMalformed):
        canonical(name)


@pytest.mark.parametrize("name", ["root", "r00t", "ro_ot", "moderat0r", "he1p", "help-desk"])
def test_what_is_read_as_a_reserved_name_is_reserved(name: str) -> None:
    with pytest.raises(HandleReserved):
        refuse_reserved(name)


@pytest.mark.parametrize("name", ["roots", "ada", "admiral", "help-me"])
def test_other_names_are_not(name: str) -> None:
    refuse_reserved(name)
    assert likeness(name)
