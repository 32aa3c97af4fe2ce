"""PostgreSQL's own client, which comes with its server."""

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.stack.postgres import binary


def client(dsn: str) -> tuple[list[str], dict[str, str]]:
    """The command that opens a database, and what its environment has to say besides.

    The password stands there, which is in no list of processes.
    """
    parts = conninfo_to_dict(dsn)
    password = parts.pop("password", None)
    environment = {} if password is None else {"PGPASSWORD": str(password)}
    return [binary("psql"), make_conninfo("", **parts)], environment
