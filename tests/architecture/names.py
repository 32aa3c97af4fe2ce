"""Names in production: classes that are called alike, numbers that do not say what they are."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "projections", "interfaces", "infra")

ITS_OWN_WORDS = {"domain/games/board.py"}
"""A board's columns and rows are the game's own words, and numbers without a unit."""

UNITS = {"KIB", "MIB"}
"""Numbers that are units themselves."""


def sources() -> dict[str, str]:
    """Every module of production, but for migrations, which are never read again."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for path in paths
        if "versions" not in path.parts
    }


def doubled_classes(modules: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """The names that a class shares with other classes, or with a type, and where these are."""
    classes: set[str] = set()
    found: dict[str, list[str]] = defaultdict(list)
    for path, source in modules.items():
        module = ast.parse(source)
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                classes.add(node.name)
                found[node.name].append(path)
        for name, value in _assigned(module):
            if not _is_type_variable(value):
                found[name].append(path)
    return {name: found[name] for name in classes if len(found[name]) > 1}


def bare_constants(modules: Mapping[str, str]) -> Iterator[str]:
    """Numbers of a module that are called by one word, which says either what or how much of it.

    A name says both, the unit last: `FLUSH_TIMEOUT_S`, `POLL_BATCH`, `MOST_TABLES`.
    """
    for path, source in modules.items():
        if path in ITS_OWN_WORDS:
            continue
        for name, value in _assigned(ast.parse(source)):
            one_word = name.isupper() and "_" not in name.strip("_") and name not in UNITS
            if one_word and _is_number(value):
                yield f"{path}: {name}"


def _assigned(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "TypeVar"


def _is_number(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) or _is_number(right)
        case ast.Call(func=ast.Name(id="timedelta")):
            return True
    return False
