"""The rules by which the contract is tested are as strict as they can be."""

from schemathesis.checks import CHECKS

from tests.contracts.rules import OPERATIONS, contract


def test_every_check_is_on() -> None:
    checks = contract(OPERATIONS).config.checks_config_for()
    names = [*CHECKS.get_all_names(), "max_response_time"]
    assert [name for name in names if not checks.get_by_name(name=name).enabled] == []
