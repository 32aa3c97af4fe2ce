"""`gamehall up`, `down`, `status` and `logs`."""

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from interfaces.cli.common import (
    console_link,
    json_option,
    print_json,
    print_pairs,
    print_table,
    settings,
)

if TYPE_CHECKING:
    from interfaces.bootstrap.stack import SupervisedProcess
    from interfaces.settings import Settings

NOT_RUNNING = 3  # as init scripts answer `status`

SIGN_IN = """
Open {url} in a browser. To run the hall from there, sign in with this
link, once, within ten minutes; `gamehall console` prints another one:

  {link}"""

FIRST_REQUEST = """
Open a room, and join it (in another terminal, from any folder{provided}):

  curl -X POST {url}/api/v1/waitroom -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $({gamehall} token --admin)" \\
    -d '{{"event_id": "concert", "capacity": 1, "checkout_seconds": 300}}'
  curl -X POST {url}/api/v1/waitroom/join -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $({gamehall} token --user ada)" \\
    -d '{{"event_id": "concert", "user_id": "ada", "priority": 0}}'
"""


@click.command()
@click.option("--detach", is_flag=True, help="Return when everything is up, and leave it running.")
@click.option("--servers", "servers_only", is_flag=True, help="Start no API and no workers.")
@click.option(
    "--api",
    "apis",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="API processes that share the port and divide the shards.",
)
@json_option
def up(detach: bool, servers_only: bool, apis: int, as_json: bool) -> None:
    """Start Kafka, PostgreSQL, Valkey, the API and the workers; Ctrl-C stops them."""
    from interfaces.bootstrap import interruptible, stack

    chosen = settings()
    with interruptible():
        try:
            wait = stack.start(chosen, apis=apis, servers_only=servers_only)
        except KeyboardInterrupt:
            raise click.Abort from None
        _welcome(chosen, as_json=as_json, servers_only=servers_only)
        if detach:
            return
        try:
            asked = wait()
        except KeyboardInterrupt:
            stack.stop(chosen)
            return
    if not asked:
        logs = chosen.home / "logs"
        raise click.ClickException(f"The supervisor ended; its log in {logs} says why.")
    click.echo("The hall was stopped from elsewhere.", err=True)


@click.command()
@json_option
def down(as_json: bool) -> None:
    """Stop everything: workers and API first, then the servers."""
    from interfaces.bootstrap import stack

    chosen = settings()
    stopped = stack.stop(chosen)
    if as_json:
        print_json({"stopped": stopped})
    elif not stopped:
        click.echo(f"Nothing runs in {chosen.home}.")


@click.command()
@json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show the processes and addresses; exit with 3 unless all of them run and are looked after."""
    from interfaces.bootstrap import stack

    chosen = settings()
    processes = stack.processes(chosen)
    if as_json:
        print_json({"processes": processes, "addresses": _addresses(chosen)})
    else:
        _print_status(chosen, processes)
    up = bool(processes) and all(process.running for process in processes)
    context.exit(0 if up else NOT_RUNNING)


@click.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Wait for more; Ctrl-C ends it.")
@click.option(
    "--lines",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="How many of each program, from the end.",
)
@json_option
def logs(name: str | None, follow: bool, lines: int, as_json: bool) -> None:
    """Print what the programs of the hall have written, or the one called NAME, such as api."""
    from interfaces.bootstrap import interruptible, stack

    with interruptible(), suppress(KeyboardInterrupt):
        for program, text in stack.logs(settings(), name, lines, follow=follow):
            if as_json:
                print_json({"program": program, "text": text})
            else:
                click.echo(text if name else f"{program} | {text}")


def _print_status(chosen: "Settings", processes: "list[SupervisedProcess]") -> None:
    if not processes:
        click.echo(f"The hall in {chosen.home} is not up; start it with `gamehall up`.")
        return
    rows = [
        (each.name, each.state.lower(), each.pid or "", each.uptime, each.restarts or "")
        for each in processes
    ]
    print_table(["process", "state", "pid", "seconds up", "restarts"], rows)
    print_pairs(_addresses(chosen))
    if any(each.state == "UNSUPERVISED" for each in processes):
        click.echo(
            "\nThe supervisor of these was killed, and nobody starts them again when they end;"
            " `gamehall up` stops them and starts the hall, `gamehall down` stops them."
        )


def _welcome(chosen: "Settings", *, as_json: bool, servers_only: bool) -> None:
    link = {} if servers_only else {"console": console_link(chosen, "admin")}
    if as_json:
        print_json(_addresses(chosen) | link)
        return
    click.echo()
    print_pairs(_addresses(chosen))
    if not servers_only:
        click.echo(SIGN_IN.format(url=chosen.base_url, link=link["console"]))
        click.echo(first_request(chosen, program(sys.argv[0])))


def program(called: str) -> str:
    """How to call this program from any folder and terminal."""
    path = Path(called).absolute()
    as_module = path.name == "__main__.py"
    return shlex.join([sys.executable, "-m", "interfaces.cli"] if as_module else [str(path)])


def first_request(chosen: "Settings", gamehall: str) -> str:
    """Commands that open a room and join it, wherever they are pasted."""
    provided = " where GAMEHALL_SECRET is set as here" if chosen.secret else ""
    home = "" if chosen.secret else f"GAMEHALL_HOME={shlex.quote(str(chosen.home))} "
    url, gamehall = chosen.base_url, f"{home}{gamehall}"
    return FIRST_REQUEST.format(url=url, gamehall=gamehall, provided=provided)


def _addresses(chosen: "Settings") -> dict[str, str]:
    from interfaces.setting_kinds import hide_password

    return {
        "api": chosen.base_url,
        "docs": f"{chosen.base_url}/docs",
        "kafka": hide_password(chosen.kafka_bootstrap),
        "postgres": hide_password(chosen.postgres_dsn),
        "redis": hide_password(chosen.redis_url),
        "logs": str(chosen.home / "logs"),
    }
