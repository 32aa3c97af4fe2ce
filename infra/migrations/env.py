"""Alembic's environment: revisions are written by hand and applied over psycopg."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

LOCK = text("SELECT pg_advisory_lock(hashtextextended('gamehall migrations', 0))")
"""Of the session: whoever migrates beside us waits for the end, then reads the version anew. The
revisions themselves are in transactions of their own, and cannot hold one."""


def _dsn() -> str:
    given = context.config.attributes.get("dsn") or context.get_x_argument(as_dictionary=True)
    return str(given if isinstance(given, str) else given["dsn"])


def _migrate() -> None:
    # The creator takes any address that psycopg takes, where a URL of SQLAlchemy would not.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(_dsn()), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(LOCK)
        connection.commit()  # or Alembic would leave all of its transactions to us
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


_migrate()
