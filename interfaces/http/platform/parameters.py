"""Names that stand in addresses."""

from typing import Annotated

from litestar.params import PathParameter

from domain.keys import KEY_PATTERN

PathKey = Annotated[str, PathParameter(min_length=1, max_length=200, pattern=KEY_PATTERN)]
