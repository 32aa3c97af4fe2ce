"""Contracts on imports that hold for every feature, without a list of them.

In their options `domain.<feature>` stands for the package of each feature that has one there, and
`<features>` for the words of all of them, in one layer.
"""

from importlib.util import find_spec
from typing import Any

from importlinter import Contract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

from interfaces.features import FEATURES


def expanded(option: Any) -> Any:
    """An option with the features in place of what stands for them."""
    return [each for text in option for each in _each(text)] if isinstance(option, list) else option


def _each(text: str) -> list[str]:
    if "<feature>" in text:
        names = [text.replace("<feature>", word) for word in FEATURES]
        return [name for name in names if find_spec(name)]
    return [text.replace("<features>", " | ".join(FEATURES))]


class OfFeatures(Contract):
    """A contract with the features in its options."""

    def __init__(
        self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]
    ) -> None:
        options = {key: expanded(option) for key, option in contract_options.items()}
        super().__init__(name, session_options, options)


class IndependentFeatures(OfFeatures, IndependenceContract):
    """Features do not import each other, not even by way of others."""


class LayersOfFeatures(OfFeatures, LayersContract):
    """Features are a layer, and independent in it."""


class ForbiddenFeatures(OfFeatures, ForbiddenContract):
    """Something imports no feature."""
