"""The consumer groups that Kafka knows the workers by."""

import re
from collections.abc import Mapping

from interfaces.bootstrap.workers import WORKERS

GROUP = re.compile(r"[A-Za-z0-9._-]{1,200}")


def groups_in(text: str) -> Mapping[str, str]:
    """The groups that a text gives to workers, as in `checkout=waitroom-service,relay=teller`.

    Raises `ValueError` where one is no worker's, or two workers would have the same: of what both
    read, each would be given a part.
    """
    pairs = [part.strip().split("=") for part in text.split(",") if part.strip()]
    groups = {worker: group for worker, group in pairs}  # noqa: C416  a pair each, or ValueError
    if len(groups) < len(pairs) or not groups.keys() <= WORKERS.keys():
        raise ValueError("Each is the name of a worker, an equals sign and a group.")
    if not all(GROUP.fullmatch(group) for group in groups.values()):
        raise ValueError("A group is called by letters, digits, dots, dashes and underscores.")
    if len({group_of(groups, worker) for worker in WORKERS}) < len(WORKERS):
        raise ValueError("Each worker has a group of its own.")
    return groups


def group_of(groups: Mapping[str, str], worker: str) -> str:
    """The group of a worker, or of whoever else reads."""
    return groups.get(worker, f"gamehall-{worker}")
