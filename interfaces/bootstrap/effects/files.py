"""Rules in files, and what has to be done for them to hold."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from interfaces.bootstrap import SetupError
from interfaces.bootstrap.ask_api import AskApi

RULES_PATH = "/api/v1/effects/rules"
CHANGEABLE = ("type", "where", "action")

OF_NEW = ("name", "on", "begins")
"""What is said to a new rule alone. All else is told to one that is there, too: a field that nobody
knows is refused, where to leave it out would have a rule with a slip in it hold on everything."""

Done = Literal["added", "changed", "as it was"]


class Applied(NamedTuple):
    """A rule of a file, and what was done for it to hold."""

    rule: str
    done: Done


def rules_in(content: bytes) -> Sequence[Mapping[str, Any]]:
    """The rules in a file: one, a list of them, or a list called `rules`; raises `SetupError`."""
    try:
        read = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SetupError(f"The file is no JSON: {error}.") from None
    rules = read.get("rules", [read]) if isinstance(read, dict) else read
    if not isinstance(rules, list) or not all(isinstance(each, dict) for each in rules):
        raise SetupError('Write rules as a list of objects, or as {"rules": [...]}.')
    names = Counter(each["name"] for each in rules if isinstance(each.get("name"), str))
    if twice := sorted(name for name, count in names.items() if count > 1):
        raise SetupError(f"Only one rule can be called so: {', '.join(twice)}.")
    return rules


def apply(asking: AskApi, rules: Sequence[Mapping[str, Any]]) -> Iterator[Applied]:
    """Add the rules that are missing, and change those that order something else.

    Where a rule that is there stands on another topic, that is refused. Where it begins is said
    only to a new one. Raises `SetupError`.
    """
    known = {each["name"]: each for each in asking.get(RULES_PATH)["rules"]}
    for rule in rules:
        name = rule.get("name")
        there = known.get(name) if isinstance(name, str) else None
        if there is None:
            asking.post(RULES_PATH, rule)
            yield Applied(str(rule["name"]), "added")
        elif there["on"] != rule.get("on"):
            raise SetupError(
                f"The rule {there['name']!r} stands on {there['on']}, not on {rule.get('on')}; "
                "remove it, and call the other one otherwise."
            )
        else:
            yield _change(asking, there, rule)


def _change(asking: AskApi, there: Mapping[str, Any], rule: Mapping[str, Any]) -> Applied:
    name = str(there["name"])
    said = {key: each for key, each in rule.items() if key not in OF_NEW}
    asked = {"type": None, "where": {}, **said}
    view = asking.put(f"{RULES_PATH}/{name}", asked)
    same = all(view[key] == there[key] for key in CHANGEABLE)
    return Applied(name, "as it was" if same else "changed")
