"""`gamehall completion`: scripts for shells."""

import rich_click as click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for a shell, to be sourced by it.

    In bash: source <(gamehall completion bash)
    """
    found = get_completion_class(shell)
    assert found is not None
    root = context.find_root()
    click.echo(found(root.command, {}, "gamehall", "_GAMEHALL_COMPLETE").source())
