"""`gamehall subjects`: people, and forgetting what is personal about them."""

import rich_click as click

from interfaces.cli.common import Group, json_option, settings, show


@click.group(cls=Group)
def subjects() -> None:
    """Look after the keys of what people have told about themselves."""


@subjects.command("show")
@click.argument("subject")
@json_option
def show_subject(subject: str, as_json: bool) -> None:
    """Show whether personal texts about SUBJECT can be read: which keys there are."""
    from interfaces.bootstrap.subjects import keys_of

    keys = keys_of(settings("kafka"), subject)
    text = (
        f"{subject} has {_keys(len(keys))}: {', '.join(keys)}."
        if keys
        else f"{subject} has no key: there is nothing personal to read."
    )
    show({"subject": subject, "keys": keys}, as_json, lambda: click.echo(text))


@subjects.command()
@click.argument("subject")
@json_option
def erase(subject: str, as_json: bool) -> None:
    """Destroy the keys of SUBJECT: nobody reads what was personal, wherever it was copied to.

    It cannot be taken back. Rooms and games go on, and the user id itself stays in the log.
    """
    from interfaces.bootstrap.subjects import erase

    destroyed = erase(settings("kafka"), subject)
    text = (
        f"{_keys(destroyed)} of {subject} destroyed."
        if destroyed
        else f"{subject} has no key: there is nothing to erase."
    )
    show({"subject": subject, "destroyed": destroyed}, as_json, lambda: click.echo(text))


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
