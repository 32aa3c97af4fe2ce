"""An old commit and the present code in turns, in one run: what has become of a figure.

    .venv/bin/python -m bench.pairs commands --old REVISION
    .venv/bin/python -m bench.pairs joins --old REVISION
    .venv/bin/python -m bench.pairs ingest --old REVISION

All runs share servers, which have been used for a while, since Java compiles what it runs often.
Each has a log or a room of its own, for `joins` and `ingest` behind an API process that was just
started; no worker reads along. Which of a pair comes first takes turns. What decides is the
interval of the paired ratio: it is drawn from the pairs again and again (a bootstrap of the
geometric mean), and holds the ratio in 95 of 100 cases, however fast the machine is.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import exp, log
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import httpx
import psutil
import rich_click as click

from bench.machine import machine
from infra.stack.api import TAKES_COMMANDS, answers
from infra.stack.waiting import wait_for
from interfaces.settings import PREFIX
from tests.conftest import JARS, ROOT, free_port

DRAWS = 10_000
WARM_UP_PAIRS = 2
JOINS = re.compile(r"joins a second at 64 connections: ([\d,]+)")
ANSWERED = re.compile(
    r'gamehall_http_request_seconds_count{.*route="/api/v1/waitroom/join".*} ([\d.e+]+)'
)
P99 = re.compile(r"p99 at 500 a second: ([\d.]+)")

Figures = dict[str, float]
"""By what they say; of each, the old and the new one are compared."""


def commands(tree: Path, environment: dict[str, str]) -> Figures:
    """Commands a second of the log alone, 64 in flight."""
    options = ("--subject", "Gamehall's log", "--seconds", "4")
    told = python(tree, environment, "bench.commands", *options)
    return {"commands a second": json.loads(told.splitlines()[-1])["rate"]}


def joins(tree: Path, environment: dict[str, str]) -> Figures:
    """Joins over HTTP."""
    with api(tree, environment) as process:
        options = ("--runs", "1", "--seconds", "4", "--warm-up", "3")
        told = python(tree, environment, "bench.joins", *options)
        worked_s, answered = sum(process.cpu_times()[:2]), joined(tree, environment)
    found, p99 = JOINS.search(told), P99.search(told)
    assert found, told
    assert p99, told
    return {
        "joins a second, 64 connections": float(found[1].replace(",", "")),
        "ms less, p99 at 500 a second": 1 / float(p99[1]),
        "joins for a second of the API's processor": answered / worked_s,
    }


def joined(tree: Path, environment: dict[str, str]) -> float:
    """How many joins the API has answered since it started."""
    token = python(tree, environment, "interfaces.cli", "token", "--admin").strip()
    headers = {"Authorization": f"Bearer {token}"}
    metrics = httpx.get(f"{url_of(environment)}/metrics", headers=headers).text
    return sum(map(float, ANSWERED.findall(metrics)))


def ingest(tree: Path, environment: dict[str, str]) -> Figures:
    """Player events over HTTP; the present load generator asks both."""
    limits = ("EVENTS_PER_SECOND", "EVENTS_PER_SECOND_EACH")
    unlimited = environment | {f"{PREFIX}{name}": "10000000" for name in limits}
    with api(tree, unlimited):
        options = ("--alone", "--rounds", "1", "--seconds", "4", "--rate", "500", "--warm-up", "6")
        told = python(ROOT, unlimited, "bench.ingest", *options)
    one, timed, many = json.loads(told.splitlines()[-1]).values()
    assert not one["refused"] + timed["refused"] + many["refused"], told
    return {
        "single events a second, 64 connections": one["rate"],
        "ms less, p99 at 500 a second": 1 / timed["p99_ms"],
        "batches of a thousand a second": many["rate"],
    }


KINDS: dict[str, Callable[[Path, dict[str, str]], Figures]] = {
    "commands": commands,
    "joins": joins,
    "ingest": ingest,
}


def python(tree: Path, environment: dict[str, str], module: str, *arguments: str) -> str:
    """Run a module of a tree and give what it prints."""
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise click.ClickException(f"{module} of {tree} failed:\n{ran.stderr[-3_000:]}")
    return ran.stdout


@contextmanager
def hall(tree: Path, environment: dict[str, str], *options: str) -> Iterator[None]:
    """A hall of a tree, for as long as the block takes."""
    python(tree, environment, "interfaces.cli", "up", "--detach", *options)
    try:
        yield
    finally:
        python(tree, environment, "interfaces.cli", "down")


@contextmanager
def api(tree: Path, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """An API process of a tree that is ready, for as long as the block takes."""
    command = [sys.executable, "-m", "interfaces.cli", "api"]
    process = subprocess.Popen(command, cwd=tree, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(
            lambda: answers(url_of(environment), TAKES_COMMANDS),
            seconds=60,
            otherwise=lambda: f"{tree} is not ready.",
        )
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def url_of(environment: dict[str, str]) -> str:
    """Where the API is."""
    return f"http://127.0.0.1:{environment[f'{PREFIX}PORT']}"


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """The tree of a revision, beside this one."""
    with TemporaryDirectory(prefix="gamehall-old-") as folder:
        tree = Path(folder, "tree")
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", tree, revision], cwd=ROOT, check=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


@contextmanager
def servers(tree: Path) -> Iterator[dict[str, str]]:
    """Servers of a tree in a home of their own, and the environment in which both find them.

    The old tree starts them: it may be from before servers asked for a password, which the present
    code does without where an address has none.
    """
    with TemporaryDirectory(prefix="gamehall-", ignore_cleanup_errors=True) as home:
        given = {"HOME": home, "PORT": str(free_port()), "JARS": str(JARS)}
        outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = outside | {f"{PREFIX}{name}": value for name, value in given.items()}
        with hall(tree, environment, "--servers"):
            addressed = environment | addresses(Path(home), int(given["PORT"]))
            python(ROOT, addressed, "interfaces.cli", "topics", "create")
            yield addressed


def addresses(home: Path, port: int) -> dict[str, str]:
    """Where the servers of a home are, with the password, if they have one."""
    file = home / "password"
    if file.exists():
        password = file.read_text().strip()
        login, way_in, key = (
            f"hall:{password}",
            f"sasl_plaintext://hall:{password}@",
            f":{password}@",
        )
    else:
        login, way_in, key = "gamehall", "", ""
    return {
        f"{PREFIX}KAFKA": f"{way_in}127.0.0.1:{port + 1}",
        f"{PREFIX}POSTGRES": f"postgresql://{login}@127.0.0.1:{port + 3}/gamehall",
        f"{PREFIX}REDIS": f"redis://{key}127.0.0.1:{port + 4}/0",
    }


def interval(ratios: list[float]) -> tuple[float, float]:
    """What holds the geometric mean of the ratios in 95 of 100 cases."""
    chance, logs = random.Random(1), [log(ratio) for ratio in ratios]
    means = sorted(mean(chance.choices(logs, k=len(logs))) for _ in range(DRAWS))
    return exp(means[round(0.025 * DRAWS)]), exp(means[round(0.975 * DRAWS)])


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--old", required=True, help="The commit to compare with.")
@click.option("--pairs", default=10, show_default=True, help="How many runs of each.")
def main(kind: str, old: str, pairs: int) -> None:
    """Compare a figure of an old commit with that of the present code, pair by pair."""
    print(machine())
    found: list[tuple[Figures, Figures]] = []
    with checkout(old) as tree, servers(tree) as environment:
        for each in (tree, ROOT) * WARM_UP_PAIRS:
            with suppress(click.ClickException):  # a cold broker may stall for a second
                KINDS[kind](each, environment)
        for number in range(pairs):
            order = (tree, ROOT) if number % 2 else (ROOT, tree)
            figures = {each: KINDS[kind](each, environment) for each in order}
            found.append((figures[tree], figures[ROOT]))
            told = [f"{value:,.4g}" for each in found[-1] for value in each.values()]
            print(number + 1, *told, flush=True)
    for name in found[0][0]:
        ratios = [new[name] / before[name] for before, new in found]
        low, high = interval(ratios)
        before, new = (median(each[side][name] for each in found) for side in (0, 1))
        print(f"{name}: {before:,.4g} before, {new:,.4g} now (medians of {pairs})")
        print(
            f"  now / before: {exp(mean(map(log, ratios))):.3f}, 95 % from {low:.3f} to {high:.3f}"
        )


if __name__ == "__main__":
    main()
