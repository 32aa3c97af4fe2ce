"""`gamehall topics`: looking at Kafka's topics and writing to them."""

import sys
from collections.abc import Iterator
from typing import Any

import rich_click as click

from interfaces.cli.common import (
    Group,
    json_option,
    print_json,
    print_pairs,
    print_table,
    settings,
    show,
)


@click.group(cls=Group)
def topics() -> None:
    """Look at Kafka's topics, create them, write to them and read them."""


@topics.command("list")
@json_option
def list_topics(as_json: bool) -> None:
    """List the topics and their partition counts."""
    from interfaces.bootstrap import records

    found = records.existing(settings("kafka").kafka_bootstrap)
    rows = [{"topic": name, "partitions": count} for name, count in found.items()]
    show(rows, as_json, lambda: print_table(["topic", "partitions"], found.items()))


@topics.command()
@json_option
def create(as_json: bool) -> None:
    """Create the topics that are missing; harmless to repeat."""
    from interfaces.bootstrap import topics

    chosen = settings("kafka")
    created = topics.create(chosen)
    if warning := topics.warning(chosen):
        click.echo(f"Warning: {warning}", err=True)
    text = "\n".join(f"Created {name}." for name in created) or "All topics are there."
    show({"created": created}, as_json, lambda: click.echo(text))


@topics.command()
@click.argument("topic")
@json_option
def describe(topic: str, as_json: bool) -> None:
    """Show a topic's own settings and what each partition holds."""
    from interfaces.bootstrap import records

    found = records.describe(settings("kafka").kafka_bootstrap, topic)
    show(found, as_json, lambda: _print_description(found))


@topics.command()
@click.argument("topic")
@click.argument("value", required=False)
@click.option("--key", help="The key; records of one key stay in order.")
@json_option
def produce(topic: str, value: str | None, key: str | None, as_json: bool) -> None:
    """Write VALUE to a topic, or each line of standard input when VALUE is left out."""
    from interfaces.bootstrap import records

    values = [value] if value is not None else (line.rstrip("\n") for line in sys.stdin)
    written = records.produce(
        settings("kafka").kafka_bootstrap, topic, ((key, each) for each in values)
    )
    rows = [{"partition": partition, "offset": offset} for partition, offset in written]
    text = f"{len(written)} written to {topic}."
    show(rows, as_json, lambda: click.echo(text))


@topics.command()
@click.argument("topic")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many records.")
@click.option("--follow", is_flag=True, help="Wait for more at the end of the topic.")
@json_option
def consume(topic: str, limit: int | None, follow: bool, as_json: bool) -> None:
    """Read a topic from its beginning; with --json one object per line."""
    from interfaces.bootstrap import records

    found: Iterator[Any] = records.consume(
        settings("kafka").kafka_bootstrap, topic, limit=limit, follow=follow
    )
    for record in found:
        if as_json:
            print_json(record)
        else:
            click.echo(f"{record.partition}@{record.offset} {record.key}: {record.value}")


def _print_description(found: dict[str, Any]) -> None:
    print_pairs(found["config"] or {"settings": "as the broker's"})
    columns = ["partition", "leader", "replicas", "first", "end"]
    print_table(columns, ([row[name] for name in columns] for row in found["partitions"]))
