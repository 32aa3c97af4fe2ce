"""Every operation of the API, written down: `python -m tests.http.operations`.

Clients are generated from the ids, and hold on to what answers with a `Position`, so neither
changes by accident. A line is the id of an operation, in the order of the OpenAPI document; behind
those that answer with a `Position` stands the word.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from interfaces.http.app import describe

OPERATIONS = Path(__file__).parents[1] / "golden" / "operations.txt"


def operations() -> Iterator[str]:
    """A line for each operation."""
    for item in json.loads(describe())["paths"].values():
        for operation in item.values():
            tells = "Position" in json.dumps(operation["responses"])
            yield f"{operation['operationId']} Position" if tells else operation["operationId"]


if __name__ == "__main__":
    OPERATIONS.write_text("".join(f"{line}\n" for line in operations()))
