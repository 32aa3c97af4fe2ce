"""The cursors that a page of sessions ends with, and what only looks like one; without Redis."""

import pytest

from projections.projection import InvalidCursor
from projections.waitroom.rooms import _cursor_in


@pytest.mark.parametrize(
    "cursor", ["12/s", "1793534400.25/s", "3518437208883201/s", "1.5e+17/s", "12/a session/x"]
)
def test_a_score_and_a_session_are_a_cursor(cursor: str) -> None:
    assert "/".join(_cursor_in(cursor)) == cursor


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "12", "12/", "/s", "x/s", "nan/s", "inf/s", "-inf/s", "1_0/s", " 1 /s", "1\n/s"),
        *("\uff11/s", "0x10/s", "(1/s", "1./s"),
    ],
)
def test_anything_else_is_none(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        _cursor_in(cursor)


def test_without_one_a_list_begins() -> None:
    assert _cursor_in(None) == ("", "")
