"""Settings: every one from an environment variable that starts with GAMEHALL_."""

import os
from collections.abc import Mapping
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from interfaces import kept
from interfaces.groups import group_of, groups_in
from interfaces.setting_kinds import (
    HIGHEST_PORT,
    HTTP_ADDRESS,
    KAFKA_ADDRESS,
    MAIL_SENDER,
    SMTP_ADDRESS,
    Folder,
    Port,
    Seconds,
    Secret,
    SettingsRefused,
    between,
    hide_password,
    like,
    network,
)

PREFIX = "GAMEHALL_"
SERVER_PORTS = 5  # Kafka, its controller, PostgreSQL, Valkey, the sink: the ports after the API's
HALL_PORTS = SERVER_PORTS + 2  # with the API's, and the one that its process has alone
SERVICE = "hall"
"""The name of the service at the embedded servers."""
LOOPBACK = "127.0.0.1"
ANY_HOST = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104  to be told from addresses of one


class Settings(BaseSettings):
    """What the hall can be told; the defaults need nothing but a free range of ports."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Annotated[Path, Folder] = Path(".gamehall")
    """The folder of everything the hall keeps: data, logs, jars, the secret."""

    host: Annotated[str, like(r"[^\s/]+", "an address to listen on")] = LOOPBACK
    """The address that the API listens on. The embedded servers never leave 127.0.0.1."""

    port: Annotated[int, between(1, HIGHEST_PORT - HALL_PORTS + 1, "a port")] = 8080
    """The API's port. Embedded: Kafka +1, its controller +2, PostgreSQL +3, Valkey +4, the sink of
    mails +5; each API process (`gamehall up --api N`) has one of its own besides, from +6 on."""

    api_url: Annotated[
        str | None, like(HTTP_ADDRESS, "an address such as http://127.0.0.1:8080, without a path")
    ] = None
    """Where others reach this API; by default http://host:port."""

    peer_port: Annotated[int | None, Port] = None
    """A port of this API process alone, where others forward commands to it; by default
    GAMEHALL_PORT +6. Each of several on one machine needs one; keep it from the outside."""

    peer_url: Annotated[
        str | None, like(HTTP_ADDRESS, "an address such as http://10.0.0.7:8080, without a path")
    ] = None
    """Where other API processes reach this one; by default http://host:peer port."""

    kafka: Annotated[
        str | None,
        Field(repr=False),
        like(KAFKA_ADDRESS, "host:port of one or more brokers, separated by commas"),
    ] = None
    """An existing Kafka; by default one is started. A way in stands around the brokers, as in
    sasl_ssl://user:password@host:port?sasl.mechanisms=SCRAM-SHA-512."""

    postgres: Annotated[
        str | None,
        Field(repr=False),
        like(r"postgres(ql)?://\S+", "an address that starts with postgresql://"),
    ] = None
    """An existing PostgreSQL database; by default one is started."""

    redis: Annotated[
        str | None,
        Field(repr=False),
        like(r"(rediss?|unix)://\S+", "an address that starts with redis://, rediss:// or unix://"),
    ] = None
    """An existing Redis or Valkey; by default one is started."""

    replication_factor: Annotated[int, between(1, 9, "a number of brokers")] = 1
    """How many brokers hold each topic; production wants 3."""

    log_partitions: Annotated[int, between(1, 512)] = 12
    """The shards of each log topic; fixed once the topics exist."""

    jars: Annotated[Path | None, Folder] = None
    """The folder that keeps Kafka's downloaded jars; by default kafka/jars in the home."""

    secret: Annotated[SecretStr | None, Secret] = None
    """Signs tokens; by default the API makes one and keeps it in the home, for us only."""

    pass_keys: Annotated[Path | None, Folder] = None
    """The folder of the keys that sign passes of waiting rooms; by default passes in the home. API
    processes on several machines need the same keys."""

    pass_audience: Annotated[str, like(r"[!-~]{1,200}", "1 to 200 printable characters")] = "shop"  # noqa: S105  no password
    """Whom passes are for; who verifies one asks for this audience."""

    objects_url: Annotated[str | None, like(r"[a-z0-9]+://.{1,500}", "an address")] = None
    """Where files of people are kept, such as s3://bucket/folder; by default in objects in the
    home. API processes on several machines need the same place."""

    clock_leeway_seconds: Annotated[float, between(0, 3_600, Seconds)] = 5.0
    """By how many seconds the clocks of machines may differ: so much longer a token is good at both
    ends."""

    master_key: Annotated[SecretStr | None, Secret] = None
    """Wraps the keys of personal texts; without one, Kafka holds them as they are."""

    rooms_kept_seconds: Annotated[float, between(0, 10 * 366 * 86_400, Seconds)] = 604_800.0
    """How many seconds after its last session has ended a closed waiting room is archived; for
    rooms that are closed from now on."""

    bot_after: Annotated[float, between(0, 3_600, Seconds)] = 10.0
    """How many seconds a player waits for another before a bot is seated."""

    move_seconds: Annotated[float, between(1, 86_400, Seconds)] = 60.0
    """How many seconds a player may take for a move before the game is lost; for new games."""

    bot_seconds: Annotated[float, between(0, 10, Seconds)] = 0.2
    """How many seconds a bot may think; a hard one uses all of them in the opening."""

    workers_apart: bool = False
    """Whether each worker has a process of its own; otherwise those of a feature share one, which
    takes a third of the memory. For machines with a core for each."""

    groups: Annotated[
        Mapping[str, str],
        NoDecode,
        Field(
            description="pairs such as checkout=waitroom-service, each worker once, each with a"
            " group of its own, separated by commas"
        ),
    ] = {}
    """The consumer groups of workers, where these are not `gamehall-<worker>`; the same for every
    process of a worker."""

    checkpoint_events: Annotated[int, between(1_000, 10_000_000)] = 50_000
    """After how many events snapshots and checkpoints are written."""

    checkpoint_seconds: Annotated[float, between(1, 86_400, Seconds)] = 30.0
    """After how many seconds at the latest, if anything has happened."""

    event_types: Literal["known", "any"] = "any"
    """Whether players' events of types that Gamehall does not know are taken or refused."""

    players_score_in: Annotated[
        tuple[str, ...], NoDecode, Field(description="ids of games, separated by commas, or *")
    ] = ()
    """The games whose players report their own points; * for all. Elsewhere points are taken from
    services only: a player's program can report any."""

    public_statistics: bool = False
    """Whether players may see what other players did altogether; boards anybody may see."""

    events_oldest_days: Annotated[int, between(1, 3_650, "a number of days")] = 30
    """How many days ago a player's event may have happened at the most."""

    events_keep_failed: bool = False
    """Whether players' events that are refused are kept, with the reason, to be repaired."""

    events_per_second: Annotated[int, between(0, 10_000_000)] = 10_000
    """How many players' events are taken a second, by all API processes together; 0 for any."""

    events_per_second_each: Annotated[int, between(1, 10_000_000)] = 10_000
    """How many players' events are taken a second with the tokens of one subject."""

    flush_events: Annotated[int, between(1, 100_000)] = 10_000
    """How many players' events a worker writes in one transaction at most."""

    flush_seconds: Annotated[float, between(0, 10, Seconds)] = 0.02
    """How many seconds a player's event waits for others to be written with, unless there are as
    many as GAMEHALL_FLUSH_EVENTS. Nothing in a buffer is lost with its worker: the position is
    written with the data."""

    allowed_origins: Annotated[
        tuple[Annotated[str, Field(pattern=f"^({HTTP_ADDRESS})$")], ...],
        NoDecode,
        Field(description="origins such as https://play.example, separated by commas"),
    ] = ()
    """The origins whose pages may call the API from a browser, separated by commas."""

    requests_per_address: Annotated[int, between(1, 1_000_000)] = 512
    """How many requests of one network address each API process has in progress at a time."""

    trusted_networks: Annotated[
        tuple[Annotated[str, AfterValidator(network)], ...],
        NoDecode,
        Field(description="networks such as 10.0.0.0/8, separated by commas"),
    ] = ()
    """Networks whose addresses may have any number: proxies, and services that speak for many."""

    lag_seconds: Annotated[float, between(1, 86_400, Seconds)] = 30.0
    """For how many seconds a read model may be behind the log before `/health/ready` says so."""

    guests: bool = False
    """Whether anybody may sign in as a guest, under a name of their choice; `make run` lets them.
    """

    oidc_issuer: Annotated[
        str | None, like(r"https?://\S+", "an address such as https://accounts.example.com")
    ] = None
    """An identity provider that people may sign in with (OpenID Connect), as it calls itself. It is
    told to lead back to GAMEHALL_API_URL, at /api/v1/sign-in/callback."""

    oidc_client_id: Annotated[str | None, Field(description="a text")] = None
    """What the hall is called there."""

    oidc_client_secret: Annotated[SecretStr | None, Field(description="a text")] = None
    """What the hall shows there to be believed; none where the provider asks for none."""

    smtp_url: Annotated[
        str | None,
        Field(repr=False),
        like(SMTP_ADDRESS, "an address such as smtp://user:password@host:587, or smtps://host"),
    ] = None
    """The server that takes mails. Off this machine, smtp:// is encrypted by STARTTLS or not used.
    Without, mails are kept where all servers are embedded (`/mails`), and nowhere else are there
    any."""

    mail_from: Annotated[
        str | None, like(MAIL_SENDER, "an address such as hall@hall.example, or Hall <hall@…>")
    ] = None
    """Who mails are from; goes with GAMEHALL_SMTP_URL."""

    effect_networks: Annotated[
        tuple[Annotated[str, AfterValidator(network)], ...],
        NoDecode,
        Field(description="networks such as 10.0.0.0/8, separated by commas"),
    ] = ()
    """Networks that effects (webhooks, lines over TCP, web push) reach though they are not public,
    and unencrypted. Whoever may write a rule can reach what is there."""

    effects_postgres: Annotated[
        str | None,
        Field(repr=False),
        like(r"postgres(ql)?://\S+", "an address that starts with postgresql://"),
    ] = None
    """The database in whose schema `effects` rules put rows; by default that of the read models."""

    sms_url: Annotated[
        str | None,
        Field(repr=False),
        like(r"https?://[^\s@]+", "an address such as https://sms.example/messages"),
    ] = None
    """The gateway that text messages are handed to, by a signed request; without, there are none.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important messages that are logged."""

    @field_validator("home", "jars", "pass_keys")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        # Processes of the hall may run in other folders, and a mark of it is compared as text.
        try:
            return folder and folder.expanduser().resolve()
        except RuntimeError as error:  # a user or a link that leads nowhere
            raise ValueError(str(error)) from error

    @field_validator("api_url", "peer_url", "oidc_issuer", "sms_url")
    @classmethod
    def _readable(cls, address: str | None) -> str | None:
        # Raises `ValueError` for what only begins like an address, such as https://[ does.
        _ = address and urlsplit(address).port
        return address

    @field_validator(
        "allowed_origins", "trusted_networks", "effect_networks", "players_score_in", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("groups", mode="before")
    @classmethod
    def _groups(cls, value: Any) -> Any:
        return groups_in(value) if isinstance(value, str) else value

    @field_validator("bot_seconds")
    @classmethod
    def _in_time(cls, seconds: float, info: ValidationInfo) -> float:
        # A wrong time for a move is not among the data; its own sentence says so.
        if seconds >= info.data.get("move_seconds", seconds + 1):
            raise ValueError("A bot that thinks for longer loses.")
        return seconds

    def group_of(self, worker: str) -> str:
        """The consumer group of a worker."""
        return group_of(self.groups, worker)

    @property
    def base_url(self) -> str:
        """The address under which others reach this API."""
        return self.api_url or f"http://{self.host}:{self.port}"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the hall by https alone."""
        return self.base_url.startswith("https:")

    @property
    def own_port(self) -> int:
        """The port on which nobody but this API process listens."""
        return self.peer_port or self.first_peer_port

    @property
    def peer_address(self) -> str:
        """The address under which other API processes reach this one."""
        host = gethostname() if self.host in ANY_HOST else self.host
        return self.peer_url or f"http://{host}:{self.own_port}"

    @property
    def kafka_port(self) -> int | None:
        """The embedded Kafka's port; None when another Kafka is used."""
        return None if self.kafka else self.port + 1

    @property
    def controller_port(self) -> int:
        """The embedded Kafka's second port."""
        return self.port + 2

    @property
    def postgres_port(self) -> int | None:
        """The embedded PostgreSQL's port; None when another is used."""
        return None if self.postgres else self.port + 3

    @property
    def redis_port(self) -> int | None:
        """The embedded Valkey's port; None when another is used."""
        return None if self.redis else self.port + 4

    @property
    def sink_port(self) -> int | None:
        """The port of what keeps mails; None where they are sent, or servers are not embedded."""
        elsewhere = self.smtp_url or self.kafka or self.postgres or self.redis
        return None if elsewhere else self.port + SERVER_PORTS

    @property
    def sink_url(self) -> str | None:
        """Where mails are kept, and the way in; not to be shown."""
        port = self.sink_port
        return None if port is None else f"smtp://{self._way_in(SERVICE)}{LOOPBACK}:{port}"

    @property
    def first_peer_port(self) -> int:
        """The first of the ports that the API processes of `gamehall up --api N` take."""
        return self.port + SERVER_PORTS + 1

    @property
    def password_file(self) -> Path:
        """The file with what the embedded servers ask for, which is made with them."""
        return self.home / "password"

    @property
    def kafka_bootstrap(self) -> str:
        """The brokers to connect to, and the way in; not to be shown."""
        brokers = f"{LOOPBACK}:{self.kafka_port}"
        way_in = self._way_in(SERVICE)
        return self.kafka or (f"sasl_plaintext://{way_in}{brokers}" if way_in else brokers)

    @property
    def postgres_dsn(self) -> str:
        """The database to connect to, and the way in; not to be shown."""
        at = f"{LOOPBACK}:{self.postgres_port}"
        return self.postgres or f"postgresql://{self._way_in(SERVICE)}{at}/gamehall"

    @property
    def effects_dsn(self) -> str:
        """The database for rows of effects, and the way in; not to be shown."""
        return self.effects_postgres or self.postgres_dsn

    @property
    def redis_url(self) -> str:
        """The Redis or Valkey to connect to, and the way in; not to be shown."""
        return self.redis or f"redis://{self._way_in('')}{LOOPBACK}:{self.redis_port}/0"

    def _way_in(self, user: str) -> str:
        """What stands before an embedded server's address: nothing as long as there is none."""
        password = kept.read(self.password_file)
        return f"{user}:{password}@" if password else ""

    @property
    def jar_folder(self) -> Path:
        """The folder that keeps Kafka's jars."""
        return self.jars or self.home / "kafka" / "jars"

    @property
    def pass_key_folder(self) -> Path:
        """The folder that keeps the keys of passes."""
        return self.pass_keys or self.home / "passes"

    def signing_secret(self, *, make: bool = False) -> str:
        """Give the secret that signs tokens; raises `SettingsRefused` where there is none.

        Those who serve make one. Who made one elsewhere would sign tokens that open nothing.
        """
        return (
            self.secret.get_secret_value()
            if self.secret
            else kept.signing_secret(self.home, make=make)
        )


def takes(name: str) -> str:
    """Say what a setting takes."""
    field = Settings.model_fields[name]
    if field.annotation is bool:
        return "true or false"
    words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    if words:
        return f"{', '.join(words[:-1])} or {words[-1]}"
    below = ", below GAMEHALL_MOVE_SECONDS" if name == "bot_seconds" else ""
    return f"{field.description}{below}"


def load() -> Settings:
    """Read the settings, or refuse with a sentence for each wrong value."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused("\n".join(_sentences(error))) from None


def _sentences(error: ValidationError) -> list[str]:
    wrong = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
    return [_sentence(name, os.environ) for name in wrong]


def _sentence(name: str, environment: Mapping[str, str]) -> str:
    variable = next(each for each in environment if each.upper() == f"{PREFIX}{name.upper()}")
    value = environment[variable]
    secret = name in {"secret", "master_key", "oidc_client_secret"}
    shown = f"has {len(value)} characters" if secret else f"is {hide_password(value)!r}"
    return f"{variable} {shown}, but takes {takes(name)}."
