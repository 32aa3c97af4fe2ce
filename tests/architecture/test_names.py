"""A class name means one thing, and a number says what it is and in which unit."""

from tests.architecture.names import bare_constants, doubled_classes, sources


def test_no_two_classes_have_one_name() -> None:
    assert doubled_classes(sources()) == {}


def test_no_number_is_called_by_one_word() -> None:
    assert list(bare_constants(sources())) == []


def test_a_second_class_of_a_name_is_noticed() -> None:
    modules = {"a.py": "class Order: ...", "b.py": "def f():\n    class Order: ..."}
    assert doubled_classes(modules) == {"Order": ["a.py", "b.py"]}


def test_a_type_called_as_a_class_is_noticed() -> None:
    modules = {
        "a.py": "class Order: ...",
        "b.py": "Order = tuple[str, int]\nKey = str",
        "c.py": 'Order = TypeVar("Order")\nKey = bytes',
    }
    assert doubled_classes(modules) == {"Order": ["a.py", "b.py"]}


def test_a_number_that_does_not_say_what_it_is_is_noticed() -> None:
    source = """
PATIENCE = 2.0
BATCH: int = 16 * 1024
_IDLE = 0.5
AHEAD = timedelta(minutes=5)
FLUSH_TIMEOUT_S = 5
KIB = 1024
NAME = "relay"
DEBUG = True
"""
    noticed = [f"a.py: {name}" for name in ("PATIENCE", "BATCH", "_IDLE", "AHEAD")]
    assert list(bare_constants({"a.py": source})) == noticed
