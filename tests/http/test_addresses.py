"""One network address may ask so much at a time, and trusted ones anything."""

import pytest

from interfaces.http.platform.addresses import Addresses
from interfaces.http.platform.problems import Problem


def test_an_address_has_so_many_requests_in_progress_and_others_have_theirs() -> None:
    addresses = Addresses(2)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        addresses.enter(address)

    with pytest.raises(Problem, match=r"2 requests of the address 10\.0\.0\.1") as refused:
        addresses.enter("10.0.0.1")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    addresses.leave("10.0.0.1")
    addresses.enter("10.0.0.1")


@pytest.mark.parametrize("address", ["10.1.2.3", "::1", ""])
def test_who_speaks_for_many_may_have_any_number(address: str) -> None:
    addresses = Addresses(1, ["10.0.0.0/8", "::1/128"])
    for _ in range(100):
        addresses.enter(address)
    for _ in range(100):
        addresses.leave(address)


def test_an_address_that_is_gone_is_forgotten() -> None:
    addresses = Addresses(1)
    for _ in range(3):
        addresses.enter("10.0.0.1")
        addresses.leave("10.0.0.1")
    assert not addresses.present
