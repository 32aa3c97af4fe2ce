"""People, as far as there are keys to what is told of them."""

from collections.abc import Callable
from functools import cache

from domain.personal import Sealed
from infra.subjects.cipher import Master
from infra.subjects.keyring import Keyring
from infra.subjects.keys import read
from infra.subjects.sealing import BlockingSeals
from interfaces.settings import Settings


def master(settings: Settings) -> Master | None:
    """Give the master key, if one is set."""
    secret = settings.master_key
    return Master(secret.get_secret_value()) if secret else None


def keys_of(settings: Settings, subject: str) -> list[str]:
    """Give the ids of somebody's keys."""
    return list(read(settings.kafka_bootstrap).ids(subject))


def seals_of(settings: Settings) -> BlockingSeals:
    """Give what seals texts outside the API."""
    return BlockingSeals(settings.kafka_bootstrap, master(settings))


def opener(settings: Settings) -> Callable[[Sealed], str | None]:
    """Give what opens sealed texts; the keys are read when the first is opened."""

    @cache
    def ring() -> Keyring:
        return read(settings.kafka_bootstrap, master(settings))

    return lambda sealed: ring().open(sealed)
