"""The consumer groups that Kafka knows the workers by."""

import re
from collections.abc import Mapping

from interfaces.bootstrap.workers import WORKERS

GROUP = re.compile(r"(?!gamehall-)[A-Za-z0-9._-]{1,200}")
"""Those that begin with `gamehall-` are the hall's own."""


def groups_in(text: str) -> Mapping[str, str]:
    """The groups that a text gives to workers, as in `checkout=waitroom-service,relay=teller`.

    Raises `ValueError` where it does not, or two workers would have the same: of what both read,
    each would be given a part.
    """
    pairs = [part.strip().split("=") for part in text.split(",") if part.strip()]
    groups = {worker: group for worker, group in pairs}  # noqa: C416  a pair each, or ValueError
    is_known = groups.keys() <= WORKERS.keys() and all(map(GROUP.fullmatch, groups.values()))
    if not is_known or not len(pairs) == len(groups) == len(set(groups.values())):
        raise ValueError(text)
    return groups


def group_of(groups: Mapping[str, str], worker: str) -> str:
    """The group of a worker, or of whoever else reads."""
    return groups.get(worker, f"gamehall-{worker}")
