"""The page of the command line."""

from collections.abc import Iterator

import rich_click as click

from interfaces.cli import gamehall
from tests.docs.reference.text import one_line, paragraphs, table


def command_line() -> Iterator[str]:
    """Every command."""
    with click.Context(gamehall, info_name="gamehall") as context:
        yield from commands_of(gamehall, context)


def commands_of(group: click.Group, parent: click.Context) -> Iterator[str]:
    """The commands of a group, and of the groups in it."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=parent) as context:
            if isinstance(command, click.Group):
                yield from (f"## `{context.command_path}`", "", one_line(command.help or ""), "")
                yield from commands_of(command, context)
            else:
                yield from command_section(command, context)


def command_section(command: click.Command, context: click.Context) -> Iterator[str]:
    """One command."""
    options = [each for each in command.params if isinstance(each, click.Option)]
    listed = [each for each in options if each.name != "as_json"]
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    json = ["[--json]"] if len(listed) < len(options) else []
    level = "##" if context.parent and context.parent.parent is None else "###"
    yield from (f"{level} `{' '.join([context.command_path, *pieces, *json])}`", "")
    yield from paragraphs(command.help or "")
    if listed:
        yield ""
        yield from table(["option", "what it does"], map(option_row, listed))
    yield ""


def option_row(option: click.Option) -> tuple[str, str]:
    """An option as it is typed, and what it does."""
    value = option.metavar or ("" if option.is_flag else str(option.type.name.split()[0]).upper())
    default = f" By default {option.default}." if option.show_default else ""
    return f"`{' '.join([*option.opts, value]).strip()}`", f"{option.help or ''}{default}".strip()


WRITERS = {"command-line": command_line}
