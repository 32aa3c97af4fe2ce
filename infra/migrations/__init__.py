"""Applying the schema's revisions, and telling which are missing."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent


def upgrade(dsn: str) -> None:
    """Apply every revision that the database does not have yet."""
    command.upgrade(_config(dsn), "heads")


def missing(dsn: str) -> set[str]:
    """Give the newest revisions that the database has not reached."""
    return set(ScriptDirectory.from_config(_config(dsn)).get_heads()) - _applied(dsn)


def _applied(dsn: str) -> set[str]:
    with psycopg.connect(dsn, connect_timeout=2) as connection:
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except psycopg.errors.UndefinedTable:
            return set()
    return {str(row[0]) for row in rows}


def _config(dsn: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    return config
