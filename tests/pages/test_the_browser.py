"""What the tests of pages do without a browser."""

import pytest

from tests.programs import found


def test_without_a_browser_tests_are_skipped_with_a_sentence() -> None:
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        found("chromium", None, {})


def test_without_a_browser_tests_fail_where_all_have_to_run() -> None:
    with pytest.raises(pytest.fail.Exception, match="chromium is missing"):
        found("chromium", None, {"CI": "true"})
    assert found("chromium", "/usr/bin/chromium", {"CI": "true"}) == "/usr/bin/chromium"
