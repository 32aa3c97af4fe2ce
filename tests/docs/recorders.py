"""What the reference says of recorders: their settings, and who inherits the library's cases."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import NamedTuple
from unittest import TestCase

from eventsourcing.tests import application, persistence, projection

import tests.contracts.library
from infra.eventlog import persistence as module

LIBRARY = (persistence, application, projection)
SETTING = re.compile(r"^- `(?P<name>\w+)`: (?P<says>.*?)\.?$", re.MULTILINE)


def settings() -> Iterator[tuple[str, str]]:
    """Every variable of the environment, and what it is for, as the module's docstring has it."""
    for found in SETTING.finditer(module.__doc__ or ""):
        yield f"`{found['name']}`", found["says"]


class Inherited(NamedTuple):
    """A case of the library, who inherits it here, and what is changed there."""

    case: type[TestCase]
    by: list[type[TestCase]]
    tests: list[str]
    overridden: dict[str, str]
    """The reason for each method, which is its docstring."""


def inherited() -> Iterator[Inherited]:
    """Every case that the library offers for what a persistence module has."""
    for library in LIBRARY:
        for _, case in inspect.getmembers(library, is_case):
            if case.__module__ == library.__name__:
                by = [ours for ours in our_cases() if issubclass(ours, case)]
                yield Inherited(case, by, tests_in(case), overridden(case, by))


def is_case(member: object) -> bool:
    """Whether this is a class of tests."""
    return isinstance(member, type) and issubclass(member, TestCase) and bool(tests_in(member))


def tests_in(case: type) -> list[str]:
    """The names of a class's tests, inherited ones too."""
    return [name for name in dir(case) if re.match(r"(optional_)?test", name)]


def our_cases() -> list[type[TestCase]]:
    """Every class of tests here that inherits from the library."""
    found: list[type[TestCase]] = []
    for each in pkgutil.iter_modules(tests.contracts.library.__path__):
        name = f"{tests.contracts.library.__name__}.{each.name}"
        members = inspect.getmembers(importlib.import_module(name), is_case)
        found += [case for _, case in members if case.__module__ == name]
    return found


def overridden(case: type[TestCase], by: list[type[TestCase]]) -> dict[str, str]:
    """The tests of a case that somebody who inherits it has replaced."""
    return {
        f"{ours.__name__}.{name}": inspect.getdoc(vars(ours)[name]) or ""
        for ours in by
        for name in tests_in(case)
        if name in vars(ours)
    }


def cases_table() -> Iterator[tuple[str, str, str]]:
    """Each case, how many tests it has, and the classes that inherit it."""
    for each in inherited():
        names = ", ".join(f"`{ours.__name__}`" for ours in each.by)
        where = f"{each.case.__module__.rpartition('.')[2]}.{each.case.__name__}"
        yield f"`{where}`", str(len(each.tests)), names or "nobody"


def overridden_methods() -> Iterator[str]:
    """Each method that is replaced, and why."""
    found = {name: why for each in inherited() for name, why in each.overridden.items()}
    if not found:
        yield "No method is overridden."
    for name, why in found.items():
        yield f"- `{name}`: {' '.join(why.split())}"
