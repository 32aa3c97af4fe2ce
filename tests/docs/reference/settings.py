"""The page of settings."""

import ast
import inspect
from collections.abc import Iterator

from pydantic_core import PydanticUndefined

from interfaces import settings
from tests.docs.reference.text import one_line, table


def settings_table() -> Iterator[str]:
    """Every setting."""
    said = docstrings_of_fields(settings.Settings)
    fields = settings.Settings.model_fields
    yield from table(
        ["variable", "takes", "by default", "what it is"],
        (
            (
                f"`{settings.PREFIX}{name.upper()}`",
                settings.takes(name),
                default_of(field.default),
                said[name],
            )
            for name, field in fields.items()
        ),
    )


def default_of(value: object) -> str:
    """A default as a person would set it."""
    unset = value is None or value is PydanticUndefined or value in ((), {})
    return "" if unset else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def docstrings_of_fields(kind: type) -> dict[str, str]:
    """The strings that stand below the fields of a class."""
    (found,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(found, ast.ClassDef)
    said: dict[str, str] = {}
    for field, below in zip(found.body, found.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                said[name] = one_line(text)
    return said


WRITERS = {"settings": settings_table}
