"""The wire to a server, which a test can cut or let fall silent while the server goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.stack.ports import HOST
from tests.chaos.network import Network
from tests.conftest import free_port


@contextmanager
def wire_to(address: str, port: int) -> Iterator[tuple[Network, str]]:
    """Within the block the address that is given leads to a server at this port, over a wire."""
    here = free_port(1)
    network = Network({here: port})
    with network.up():
        yield network, address.replace(f"{HOST}:{port}", f"{HOST}:{here}")
