"""Channels as the settings ask for them: what could not work stops the start, and no secret is in what is said."""

from pathlib import Path
from typing import Any

import pytest

from monitor.notify.apprise import AppriseChannel
from monitor.notify.opening import open_channels
from monitor.notify.webhook import Webhook
from monitor.settings import SettingsError, read_settings

SECRET = "a-secret-of-sixteen-bytes-or-more"
PATH = "json://127.0.0.1:9/hidden-path"


def channels(**given: Any) -> list[Any]:
    return list(open_channels(read_settings({}, **given), lambda: 0))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture
def addresses(tmp_path: Path) -> Path:
    file = tmp_path / "apprise"
    file.write_text(f"# the ward's phone\n\n  {PATH}  \n")
    return file


def test_there_is_none_by_default() -> None:
    assert channels() == []


def test_both_can_be_there(secret: Path, addresses: Path) -> None:
    made = channels(notify_webhook_url="https://relay.example/alerts", notify_webhook_secret_file=secret, notify_apprise_file=addresses)
    assert [type(channel) for channel in made] == [Webhook, AppriseChannel]
    assert [channel.name for channel in made] == ["webhook", "apprise"]


def test_the_settings_come_from_the_environment_too(secret: Path) -> None:
    environment = {"INFUSION_NOTIFY_WEBHOOK_URL": "http://127.0.0.1:9/x", "INFUSION_NOTIFY_WEBHOOK_SECRET_FILE": str(secret)}
    assert len(open_channels(read_settings(environment), lambda: 0)) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_this_machine(secret: Path, host: str) -> None:
    assert len(channels(notify_webhook_url=f"http://{host}:8099/x", notify_webhook_secret_file=secret)) == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://relay.example/x", "https"),
        ("http://127.0.0.1.example/x", "https"),
        ("ftp://relay.example/x", "https"),
        ("relay.example", "https"),
        ("https:///path", "https"),
        ("https://user:word@relay.example/", "user name"),
        ("https://relay.example:port/", "not an address"),
        ("https://[::1/", "not an address"),
    ],
)
def test_an_address_that_cannot_be_used_stops_the_start(secret: Path, url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        channels(notify_webhook_url=url, notify_webhook_secret_file=secret)
    assert url not in str(refused.value)


def test_an_address_without_a_secret_and_a_secret_without_an_address(secret: Path) -> None:
    with pytest.raises(SettingsError, match="SECRET_FILE"):
        channels(notify_webhook_url="https://relay.example/")
    with pytest.raises(SettingsError, match="WEBHOOK_URL"):
        channels(notify_webhook_secret_file=secret)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    for name in ("notify_webhook_secret_file", "notify_apprise_file", "metrics_token_file"):
        with pytest.raises(SettingsError, match=f"INFUSION_{name.upper()}: there is no file"):
            read_settings({}, **{name: tmp_path / "nowhere"})


def test_a_short_secret_is_refused_and_not_said(secret: Path) -> None:
    secret.write_text("pass1234")
    with pytest.raises(SettingsError, match="at least 16 bytes") as refused:
        channels(notify_webhook_url="https://relay.example/", notify_webhook_secret_file=secret)
    assert "pass1234" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "# nothing\n\n"])
def test_a_file_without_an_address_is_refused(addresses: Path, text: str) -> None:
    addresses.write_text(text)
    with pytest.raises(SettingsError, match="no address"):
        channels(notify_apprise_file=addresses)


def test_an_address_that_apprise_does_not_know_is_named_by_its_place(addresses: Path, caplog: pytest.LogCaptureFixture) -> None:
    addresses.write_text(f"{PATH}\nnoservice://hidden-token/\n")
    with pytest.raises(SettingsError, match="address 2") as refused:
        channels(notify_apprise_file=addresses)
    assert "hidden" not in str(refused.value) + caplog.text
    assert refused.value.__cause__ is None


def test_bytes_that_are_no_text_are_refused(addresses: Path) -> None:
    addresses.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        channels(notify_apprise_file=addresses)


def test_without_the_extra_it_is_said_so(addresses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "monitor.notify.apprise", None)
    with pytest.raises(SettingsError, match="extra `notify`"):
        channels(notify_apprise_file=addresses)
