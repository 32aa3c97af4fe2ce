"""What a worker says as a process, before any server answers it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, hall_in


def first_line(home: Path, level: str) -> dict[str, str]:
    command = [sys.executable, "-m", "interfaces.cli", "worker", "waitroom"]
    environment = hall_in(home, LOG_LEVEL=level).environment
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stderr is not None
        said = next(line for line in worker.stderr if not line.startswith("%"))  # librdkafka's own
        worker.kill()
    line: dict[str, str] = json.loads(said)
    return line


@pytest.mark.parametrize(("level", "event"), [("info", "worker starts"), ("warning", "stamina")])
def test_a_worker_logs_json_from_the_level_that_is_set(
    tmp_path: Path, level: str, event: str
) -> None:
    line = first_line(tmp_path, level)
    assert line["level"] == level
    assert line["event"].startswith(event)
    assert {"timestamp", "logger"} <= line.keys()
