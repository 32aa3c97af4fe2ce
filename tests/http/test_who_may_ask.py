"""Every operation, asked by everybody about somebody's things: who is let in, and is told what."""

import pytest

from tests.http.strangers import ACCESS, PRIVATE, STRANGERS, WHO, answers, line, operations

WRITTEN = dict(each.split(" ", 1) for each in ACCESS.read_text().splitlines())


@pytest.mark.parametrize("id", operations())
async def test_nobody_is_told_what_is_somebody_elses(id: str) -> None:
    """What each is answered stands in `tests/golden/access.txt`, which people read."""
    answered = await answers(id)

    assert line(id, answered) == f"{id} {WRITTEN[id]}"
    for who in STRANGERS:
        assert not [each for each in PRIVATE if each in answered[who].text], (who, answered[who])


async def test_she_herself_is_told() -> None:
    """The texts that others must not see are there to be seen."""
    told_by = (
        *("getSession", "getMyAccount", "listPlayerEvents", "getMyAccount"),
        *("listMessages", "getRoom"),
    )
    for id, text in zip(told_by, PRIVATE, strict=True):
        answered = await answers(id)
        assert text in answered["ada"].text
        assert text in answered["her-browser"].text


def test_whoever_shows_no_token_of_this_hall_is_let_in_to_what_is_open_alone() -> None:
    strangers = ("nobody", "another-hall", "expired", "link", "ticket", "peer")
    for id, written in WRITTEN.items():
        by_who = dict(each.split(":") for each in written.split())
        assert list(by_who) == list(WHO)
        is_open = operations()[id][2].get("security") == []
        assert {by_who[who] for who in strangers} == ({"200"} if is_open else {"401"}), id
