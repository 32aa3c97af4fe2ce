"""Programs that some tests need, and that are not everywhere."""

from collections.abc import Mapping

import pytest


def found(name: str, path: str | None, environment: Mapping[str, str]) -> str:
    """The path of a program; without it, tests are skipped, and fail where `CI` is set."""
    if path is None:
        missing = f"{name} is missing: apt-get install {name}, and these tests run."
        (pytest.fail if environment.get("CI") else pytest.skip)(missing)
    return path
