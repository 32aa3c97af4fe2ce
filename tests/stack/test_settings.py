import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from infra.errors import SetupError
from interfaces.bootstrap.accounts.mail import mail_of
from interfaces.kept import kept
from interfaces.setting_kinds import SettingsRefused, hide_password
from interfaces.settings import load


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "80800", "GAMEHALL_PORT is '80800', but takes a port from 1 to 65529."),
        ("PORT", "http", "GAMEHALL_PORT is 'http', but takes a port from 1 to 65529."),
        (
            "KAFKA",
            "broker",
            "GAMEHALL_KAFKA is 'broker', but takes host:port of one or more brokers,"
            " separated by commas.",
        ),
        (
            "REDIS",
            "localhost:6379",
            "GAMEHALL_REDIS is 'localhost:6379', but takes an address that starts with"
            " redis://, rediss:// or unix://.",
        ),
        ("BOT_AFTER", "nan", "GAMEHALL_BOT_AFTER is 'nan', but takes a number of seconds"),
        (
            "MOVE_SECONDS",
            "0.5",
            "GAMEHALL_MOVE_SECONDS is '0.5', but takes a number of seconds from 1 to 86400.",
        ),
        ("BOT_SECONDS", "inf", "GAMEHALL_BOT_SECONDS is 'inf', but takes a number of seconds"),
        ("ALLOWED_ORIGINS", "https://a,b", "GAMEHALL_ALLOWED_ORIGINS is 'https://a,b', but takes"),
        (
            "OIDC_ISSUER",
            "https://[",
            "GAMEHALL_OIDC_ISSUER is 'https://[', but takes an address such as"
            " https://accounts.example.com.",
        ),
        ("API_URL", "http://hall:80800", "GAMEHALL_API_URL is 'http://hall:80800', but takes"),
        ("PEER_URL", "http://[::1", "GAMEHALL_PEER_URL is 'http://[::1', but takes an address"),
        (
            "SMTP_URL",
            "smtp://hall:hush@mail example",
            "GAMEHALL_SMTP_URL is 'smtp://hall:***@mail example', but takes an address such as",
        ),
        ("MAIL_FROM", "hall", "GAMEHALL_MAIL_FROM is 'hall', but takes an address such as"),
        ("MAIL_FROM", "hall@here, eve@here", "GAMEHALL_MAIL_FROM is 'hall@here, eve@here', but"),
        (
            "EFFECT_NETWORKS",
            "10.0.0.0/8, 10.0.0.1/8",
            "GAMEHALL_EFFECT_NETWORKS is '10.0.0.0/8, 10.0.0.1/8', but takes networks such as",
        ),
        ("EFFECT_NETWORKS", "shop.example", "GAMEHALL_EFFECT_NETWORKS is 'shop.example', but"),
        (
            "EFFECTS_POSTGRES",
            "mysql://ada:hush@db/shop",
            "GAMEHALL_EFFECTS_POSTGRES is 'mysql://ada:***@db/shop', but takes an address that",
        ),
        ("SMS_URL", "sms.example", "GAMEHALL_SMS_URL is 'sms.example', but takes an address such"),
        ("SMS_URL", "https://[", "GAMEHALL_SMS_URL is 'https://[', but takes an address such as"),
        ("SMS_URL", "https://a:b@sms.example", "GAMEHALL_SMS_URL is 'https://a:***@sms.example',"),
        ("LOG_LEVEL", "loud", "but takes debug, info, warning or error."),
    ],
)
def test_a_wrong_value_is_refused_by_a_sentence_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"GAMEHALL_{variable}", value)
    with pytest.raises(SettingsRefused) as refused:
        load()
    assert sentence in str(refused.value)


SEEDS = {
    "event-archive": "event-logger-group",
    "player-statistics": "stats-aggregator-group",
    "leaderboards": "leaderboard-manager-group",
    "checkout": "waitroom-service",
}


def test_workers_are_known_by_the_groups_that_a_setting_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ", ".join(f"{worker}={group}" for worker, group in SEEDS.items())
    monkeypatch.setenv("GAMEHALL_GROUPS", given)
    assert {worker: load().group_of(worker) for worker in SEEDS} == SEEDS
    assert load().group_of("standings") == "gamehall-standings"


@pytest.mark.parametrize(
    "wrong",
    [
        "checkout",
        "typist=typists",
        "checkout=a b",
        "checkout=",
        "checkout=one,checkout=other",
        "checkout=shared,presence=shared",
        "checkout=gamehall-presence",
        "checkout=gamehall-owners",
    ],
)
def test_a_group_is_that_of_one_worker(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("GAMEHALL_GROUPS", wrong)
    with pytest.raises(
        SettingsRefused, match=r"GAMEHALL_GROUPS is .*, each with a group of its own"
    ):
        load()


def test_a_bot_has_to_think_for_less_than_a_move_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_MOVE_SECONDS", "5")
    monkeypatch.setenv("GAMEHALL_BOT_SECONDS", "5")
    with pytest.raises(SettingsRefused) as refused:
        load()
    assert str(refused.value) == (
        "GAMEHALL_BOT_SECONDS is '5', but takes a number of seconds from 0 to 10,"
        " below GAMEHALL_MOVE_SECONDS."
    )
    monkeypatch.setenv("GAMEHALL_MOVE_SECONDS", "6")
    assert (load().move_seconds, load().bot_seconds) == (6.0, 5.0)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_PORT", "0")
    monkeypatch.setenv("GAMEHALL_LOG_PARTITIONS", "0")
    with pytest.raises(SettingsRefused) as refused:
        load()
    assert len(str(refused.value).splitlines()) == 2


def test_secrets_and_passwords_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_SECRET", "hush")
    monkeypatch.setenv("GAMEHALL_POSTGRES", "mysql://ada:hush@db/games")
    with pytest.raises(SettingsRefused) as refused:
        load()
    assert "hush" not in str(refused.value)
    monkeypatch.setenv("GAMEHALL_SECRET", "hush" * 8)
    monkeypatch.setenv("GAMEHALL_POSTGRES", "postgresql://ada:hush@db/games")
    monkeypatch.setenv("GAMEHALL_KAFKA", "sasl_ssl://ada:hush@kafka:9093")
    monkeypatch.setenv("GAMEHALL_SMTP_URL", "smtps://ada:hush@mail.example")
    assert "hush" not in repr(load())


def test_a_password_in_an_address_is_hidden() -> None:
    assert hide_password("redis://:secret@cache:6379/0") == "redis://:***@cache:6379/0"
    assert hide_password("redis://cache:6379/0") == "redis://cache:6379/0"
    several = "sasl_ssl://ada:s3cret@one:9093,two:9093?ssl.key.password=s3cret&acks=all"
    assert hide_password(several) == (
        "sasl_ssl://ada:***@one:9093,two:9093?ssl.key.password=***&acks=all"
    )


def test_embedded_servers_take_the_ports_after_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_PORT", "9000")
    monkeypatch.setenv("GAMEHALL_HOME", "/nowhere")
    settings = load()
    assert settings.base_url == "http://127.0.0.1:9000"
    assert settings.peer_address == "http://127.0.0.1:9006"
    assert settings.kafka_bootstrap == "127.0.0.1:9001"
    assert settings.postgres_dsn == "postgresql://127.0.0.1:9003/gamehall"
    assert settings.redis_url == "redis://127.0.0.1:9004/0"
    assert settings.sink_url == "smtp://127.0.0.1:9005"


def test_embedded_servers_ask_for_the_password_that_the_home_keeps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAMEHALL_PORT", "9000")
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path))
    settings = load()
    password = kept(settings.password_file)
    assert settings.kafka_bootstrap == f"sasl_plaintext://hall:{password}@127.0.0.1:9001"
    assert settings.postgres_dsn == f"postgresql://hall:{password}@127.0.0.1:9003/gamehall"
    assert settings.redis_url == f"redis://:{password}@127.0.0.1:9004/0"
    assert settings.sink_url == f"smtp://hall:{password}@127.0.0.1:9005"
    assert stat.S_IMODE(settings.password_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "address",
    [
        "one:9092,two:9092",
        "ssl://one:9093?ssl.ca.location=/etc/ca.pem",
        "sasl_ssl://ada:p%40ss@one:9093,two:9093?sasl.mechanisms=SCRAM-SHA-512",
    ],
)
def test_an_existing_kafka_may_ask_for_a_way_in(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("GAMEHALL_KAFKA", address)
    assert load().kafka_bootstrap == address


def test_an_existing_server_takes_the_place_of_the_embedded_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAMEHALL_KAFKA", "one:9092,two:9092")
    settings = load()
    assert settings.kafka_port is None
    assert settings.kafka_bootstrap == "one:9092,two:9092"


@pytest.mark.parametrize("server", ["KAFKA", "POSTGRES", "REDIS", "SMTP_URL"])
def test_mails_are_kept_where_all_servers_are_embedded_and_none_takes_them(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", "/nowhere")
    assert load().sink_url
    assert mail_of(load())
    elsewhere = {
        "KAFKA": "one:9092",
        "POSTGRES": "postgresql://db/games",
        "REDIS": "redis://cache:6379/0",
        "SMTP_URL": "smtp://mail.example",
    }
    monkeypatch.setenv(f"GAMEHALL_{server}", elsewhere[server])
    assert load().sink_url is None


def test_a_hall_without_a_server_of_mails_sends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_KAFKA", "one:9092")
    assert mail_of(load()) is None
    monkeypatch.setenv("GAMEHALL_SMTP_URL", "smtp://mail.example:25")
    with pytest.raises(SetupError, match="GAMEHALL_MAIL_FROM is not"):
        mail_of(load())
    monkeypatch.setenv("GAMEHALL_MAIL_FROM", "Game hall <hall@hall.example>")
    assert mail_of(load())


def test_two_threads_that_make_a_word_at_once_agree_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_drafts, link = Barrier(2), os.link

    def link_when_both_have(draft: str, file: Path) -> None:
        both_have_drafts.wait(timeout=30)
        assert stat.S_IMODE(Path(draft).stat().st_mode) == 0o600
        link(draft, file)

    monkeypatch.setattr("os.link", link_when_both_have)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: kept(tmp_path / "word"), range(2))
    assert first == second == (tmp_path / "word").read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["word"]


def test_the_secret_is_made_once_and_kept_for_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path / "new"))
    secret = load().signing_secret(make=True)
    assert len(secret) >= 32
    assert load().signing_secret() == secret
    assert stat.S_IMODE((tmp_path / "new" / "secret").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret"]


def test_rows_of_effects_go_to_the_hall_s_own_database_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAMEHALL_POSTGRES", "postgresql://db/games")
    assert load().effects_dsn == "postgresql://db/games"
    monkeypatch.setenv("GAMEHALL_EFFECTS_POSTGRES", "postgresql://shop/rows")
    assert load().effects_dsn == "postgresql://shop/rows"
    monkeypatch.setenv("GAMEHALL_EFFECT_NETWORKS", "10.0.0.0/8, fd00::/8")
    assert load().effect_networks == ("10.0.0.0/8", "fd00::/8")
