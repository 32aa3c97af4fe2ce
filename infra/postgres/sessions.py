"""Sessions of processes that are frozen, and hold what others wait for."""

import structlog

from infra.postgres.database import Connection

FROZEN_AFTER_S = 5.0
"""A live worker that has had the turn for so long, in the middle of a transaction, is frozen: it
asks for the next statement within milliseconds. If it only was slow, it reads the batch again."""

BUILDER_FROZEN_AFTER_S = 60.0
"""Who builds a read model may read and decode for long between statements, but not that long."""

END = """
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database() AND usename = current_user
        AND pid <> pg_backend_pid()
        AND (state <> 'idle' OR %s) AND wait_event_type = 'Client'
        AND state_change < now() - make_interval(secs => %s)
"""

logger = structlog.get_logger(__name__)


def end_frozen(connection: Connection, name: str) -> None:
    """End those sessions of a name whose client keeps a transaction waiting.

    PostgreSQL rolls back what they have begun. A client that wakes up finds its connection lost.
    """
    _end(connection, name, FROZEN_AFTER_S, idle=False)


def end_frozen_builder(connection: Connection, name: str) -> None:
    """End the session of who builds a read model, and has forgotten about it."""
    _end(connection, name, BUILDER_FROZEN_AFTER_S, idle=True)


def _end(connection: Connection, name: str, seconds: float, *, idle: bool) -> None:
    for pid, _ in connection.execute(END, [name, idle, seconds]):
        logger.warning("a frozen session had what others wait for, and was ended", of=name, pid=pid)
