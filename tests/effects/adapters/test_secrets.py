"""What is derived from the hall's secret, and the key that browsers are told of."""

import stat
from base64 import b64decode
from pathlib import Path

import pytest

from application.effects.signing import SMS_GATEWAY, message_id, secret_of
from infra.effects.web_push import public_key
from interfaces.pass_keys import PassKeys
from interfaces.push_key import FILE, push_key
from interfaces.setting_kinds import SettingsRefused
from tests.effects.given import SECRET


def test_a_rule_s_secret_is_its_own_and_the_same_wherever_it_is_asked_for() -> None:
    secrets = [secret_of(SECRET, rule) for rule in ("one", "two", SMS_GATEWAY)]
    secrets.append(secret_of("another secret of another hall, as long", "one"))
    assert len({*secrets}) == 4
    assert secret_of(SECRET, "one") == secrets[0]
    for each in secrets:
        assert each.startswith("whsec_")
        assert len(b64decode(each.removeprefix("whsec_"))) == 32
        assert SECRET not in each


def test_a_message_is_named_by_letters_and_digits_whatever_the_effect_is_called() -> None:
    names = [message_id(id) for id in ("tell:waitroom-log/3@17", "tell:waitroom-log/3@18", "ä .\n")]
    assert len({*names}) == 3
    assert all(name.replace("_", "").isalnum() and len(name) <= 64 for name in names)


def test_the_key_is_made_once_for_its_owner_only_and_passes_do_not_sign_with_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "passes"
    told = {public_key(push_key(folder)) for _ in range(2)}
    assert len(told) == 1
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    keys = PassKeys(folder)
    keys.rotate()
    assert len(keys.published()) >= 1
    assert {public_key(push_key(folder))} == told


@pytest.mark.parametrize("word", ["", "no JSON", "{}", '{"kty":"oct","k":"c2VjcmV0"}'])
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, word: str) -> None:
    (tmp_path / FILE).write_text(word)
    with pytest.raises(SettingsRefused, match=FILE):
        push_key(tmp_path)
