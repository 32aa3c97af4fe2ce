"""What several queries take."""

from typing import Annotated

from domain.player_events.event import TOPIC
from interfaces.http.platform.freshness import read_after_of

AfterPlayerEvent = Annotated[str | None, read_after_of(TOPIC)]
