"""Every contract on imports holds, and is seen to fail when it is broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from interfaces.features import FEATURES
from tests.architecture.contracts import expanded

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "projections", "interfaces", "infra")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]

OFFENCES = {
    "layers": ("domain/offence.py", "import application.ports"),
    "composition-root": ("interfaces/offence.py", "import infra.eventlog.reader"),
    "pure-domain": ("domain/offence.py", "import time"),
    "pure-log-protocol": ("application/log/offence.py", "import asyncio"),
    "application-through-ports": ("application/offence.py", "import redis"),
    "projections-read-no-kafka": ("projections/offence.py", "import confluent_kafka"),
    "domain-features-are-independent": (
        "domain/games/offence.py",
        "import domain.waitroom.commands",
    ),
    "application-features-are-independent": (
        "application/games/offence.py",
        "import application.player_events.intake",
    ),
    "read-models-are-independent": (
        "projections/waitroom/offence.py",
        "import projections.games.standings",
    ),
    "http-features-are-independent": (
        "interfaces/http/games/offence.py",
        "import interfaces.http.waitroom.links",
    ),
    "platform-knows-no-feature": (
        "interfaces/http/platform/offence.py",
        "import interfaces.http.operations.access",
    ),
}


def lint(root: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        Path(sys.executable).parent / "lint-imports",
        "--config",
        ROOT / "pyproject.toml",
        "--no-cache",
        "--contract",
        contract,
    ]
    return subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


@pytest.mark.parametrize("contract", sorted(OFFENCES))
def test_a_contract_holds_and_is_not_blind(contract: str, copy: Path) -> None:
    kept = lint(copy, contract)
    assert kept.returncode == 0, kept.stdout
    path, offence = OFFENCES[contract]
    (copy / path).write_text(f'"""An offence."""\n\n{offence}  # noqa: F401\n')
    broken = lint(copy, contract)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "offence" in broken.stdout


def test_every_contract_has_an_offence() -> None:
    assert {contract["id"] for contract in CONTRACTS} == set(OFFENCES)


@pytest.mark.parametrize(
    ("floor", "contract"),
    [
        ("domain", "domain-features-are-independent"),
        ("application", "application-features-are-independent"),
        ("projections", "read-models-are-independent"),
        ("interfaces.http", "http-features-are-independent"),
    ],
)
def test_no_feature_is_forgotten_on_any_floor(floor: str, contract: str) -> None:
    by_id = {each["id"]: each for each in CONTRACTS}
    here = {name for name in FEATURES if (ROOT / floor.replace(".", "/") / name).is_dir()}

    told = [text for option in by_id[contract].values() for text in expanded(option)]
    assert here <= set(re.findall(r"\w+", " ".join(told)))
    assert {f"{floor}.{name}" for name in here} <= set(
        expanded(by_id["platform-knows-no-feature"]["forbidden_modules"])
    )


def test_no_import_goes_round_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    assert circle_in(graph) is None
    graph.add_import(importer="domain.keys", imported="interfaces.http.app")
    assert "interfaces.http.app" in (circle_in(graph) or ())


def circle_in(graph: grimp.ImportGraph) -> list[str] | None:
    """Modules each of which imports the next, the last being the first; None if there are none."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return None


def test_there_is_no_sixth_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} == set(PACKAGES)
