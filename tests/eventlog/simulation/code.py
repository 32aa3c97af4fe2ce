"""The code under test: as it is, or a copy of it that lacks a rule."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

PACKAGE = "application.log"
MODULES = (
    "shard",
    "gate",
    "records",
    "fold",
    "snapshots.evictions",
    "snapshots.checkpoints",
    "snapshots.index",
    "snapshots.records",
)


class Code(NamedTuple):
    """What a simulation uses of the log's code; all of one copy, whose classes fit each other."""

    Shard: Any
    Role: Any
    Gate: Any
    Claim: Any
    Codec: Any
    Fold: Any
    Evictions: Any
    Checkpoints: Any
    SnapshotIndex: Any
    Found: Any
    BEGINNING: Any


def as_it_is() -> Code:
    """The code that the service runs."""
    return _code()


def without(module: str, *changes: tuple[str, str]) -> Code:
    """A copy of the code with `changes` of (what stands there once, what takes its place)."""
    name = f"{PACKAGE}.{module}"
    spec = find_spec(name)
    assert spec is not None, f"there is no module {name}"
    assert spec.origin is not None
    source = Path(spec.origin).read_text()
    for old, new in changes:
        found = source.count(old)
        assert found == 1, f"{name} holds {old!r} {found} times; change the mutant with the code"
        source = source.replace(old, new)
    with _fresh_modules(_Replacing(name, source, spec.origin)):
        return _code()


def _code() -> Code:
    module = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in MODULES}
    snapshots = module["snapshots.records"]
    return Code(
        module["shard"].Shard,
        module["shard"].Role,
        module["gate"].Gate,
        module["records"].Claim,
        module["records"].Codec,
        module["fold"].Fold,
        module["snapshots.evictions"].Evictions,
        module["snapshots.checkpoints"].Checkpoints,
        module["snapshots.index"].SnapshotIndex,
        snapshots.Found,
        snapshots.BEGINNING,
    )


@contextmanager
def _fresh_modules(finder: "_Replacing") -> Iterator[None]:
    """Import the package's modules anew inside the block, and have the old ones back after it."""
    package = importlib.import_module(PACKAGE)
    kept = {name: sys.modules.pop(name) for name in _loaded()}
    attributes = dict(vars(package))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(kept)
        vars(package).update(attributes)


def _loaded() -> list[str]:
    return [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]


class _Replacing(MetaPathFinder, InspectLoader):
    """Finds one module, with another source than it has on disk."""

    def __init__(self, name: str, source: str, origin: str) -> None:
        self._name = name
        self._source = source
        self._origin = origin

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:
        if fullname != self._name:
            return None
        spec: ModuleSpec | None = spec_from_loader(fullname, self, origin=self._origin)
        return spec

    def get_source(self, fullname: str) -> str:
        return self._source
