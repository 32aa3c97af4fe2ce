"""Ports of this machine: who may listen where."""

import socket
from collections.abc import Mapping

from infra.errors import SetupError

HOST = "127.0.0.1"


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set the same option, so connections that linger after a stop are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def refuse_taken(ports: Mapping[str, int], host: str = HOST) -> None:
    """Refuse to start when another program listens on a port that the hall needs."""
    taken = [f"{port} (for {name})" for name, port in ports.items() if not is_free(port, host)]
    if taken:
        raise SetupError(
            f"Another program already listens on port {', '.join(taken)}; stop it, or choose"
            f" another first port with GAMEHALL_PORT (the servers take those after it)."
        )
