"""Nothing of what the library tests is left out silently."""

from eventsourcing.tests import persistence as library

from tests.docs.recorders import inherited


def test_every_case_for_a_persistence_module_is_inherited() -> None:
    missing = {each.case for each in inherited() if not each.by}
    assert missing == {library.TranscoderTestCase}  # for modules with a transcoder of their own


def test_every_optional_test_is_run() -> None:
    for each in inherited():
        for optional in (name for name in each.tests if name.startswith("optional_")):
            run = optional.removeprefix("optional_")
            assert all(hasattr(ours, run) for ours in each.by), f"{run} is not run"


def test_whoever_replaces_a_test_says_why() -> None:
    for each in inherited():
        assert all(each.overridden.values()), each.overridden
