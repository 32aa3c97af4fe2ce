"""The servers of the settings, as people know them: where they are, and whether they answer."""

from collections.abc import Mapping
from functools import partial

from infra import reach
from infra.reach import Server
from infra.stack import api
from interfaces.setting_kinds import hide_password
from interfaces.settings import Settings

PATIENCE_S = 1.5
"""How long all servers that a command needs may take to answer, before it begins: with the start of
Python, it says within three seconds that one is away."""


def servers(settings: Settings) -> Mapping[str, Server]:
    """The servers by the name of the setting, or of the property, that says where each is."""
    kafka, postgres, redis = settings.kafka_bootstrap, settings.postgres_dsn, settings.redis_url
    url, readable = settings.base_url, hide_password
    return {
        "kafka": Server("Kafka", readable(kafka), "GAMEHALL_KAFKA", partial(reach.kafka, kafka)),
        "postgres": Server(
            "PostgreSQL", readable(postgres), "GAMEHALL_POSTGRES", partial(reach.postgres, postgres)
        ),
        "redis": Server("Valkey", readable(redis), "GAMEHALL_REDIS", partial(reach.valkey, redis)),
        "api": Server("API", url, "GAMEHALL_PORT", partial(api.clock, url)),
    }


def require(settings: Settings, names: tuple[str, ...]) -> None:
    """Refuse to begin where one of these servers does not answer; raises `SetupError`."""
    found = servers(settings)
    reach.require({name: found[name] for name in names}, PATIENCE_S)
