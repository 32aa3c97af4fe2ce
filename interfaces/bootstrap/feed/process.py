"""What adds entries to feeds, as each feature declares them; it loads nothing of HTTP."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from application.entries import Tellings
from application.feed.process import NAME, FeedProcess
from interfaces.bootstrap.worker import ProcessManager
from interfaces.features import FEATURES


def feeds() -> Mapping[str, Tellings]:
    """What features tell people, by their words: `FEED` in `application.<word>.feed`, if it is."""
    places = {word: f"application.{word}" for word in FEATURES}
    there = {word: f"{place}.feed" for word, place in places.items() if find_spec(place)}
    return {word: import_module(name).FEED for word, name in there.items() if find_spec(name)}


FEED = ProcessManager(
    name=NAME,
    topics=tuple(sorted({topic for feed in feeds().values() for topic in feed.topics})),
    build=lambda _settings: FeedProcess(feeds()),
)
