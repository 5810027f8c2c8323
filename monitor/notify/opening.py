"""The channels that the settings ask for. What stands in their files is a secret: it is read here and goes nowhere but into its channel."""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from monitor.notify.ports import Notifier
from monitor.notify.webhook import Webhook
from monitor.settings import Settings, SettingsError, read_secret

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def open_channels(settings: Settings, now_ms: Callable[[], int]) -> list[Notifier]:
    """Raises SettingsError: a channel that could not work is found out at the start."""
    channels: list[Notifier] = []
    if settings.notify_webhook_url is not None:
        channels.append(_webhook(settings.notify_webhook_url, settings.notify_webhook_secret_file, now_ms))
    elif settings.notify_webhook_secret_file is not None:
        raise SettingsError("INFUSION_NOTIFY_WEBHOOK_SECRET_FILE: there is no INFUSION_NOTIFY_WEBHOOK_URL to go with it")
    if settings.notify_apprise_file is not None:
        channels.append(_apprise(settings.notify_apprise_file))
    return channels


def _webhook(url: str, secret_file: Path | None, now_ms: Callable[[], int]) -> Notifier:
    name = "INFUSION_NOTIFY_WEBHOOK_URL"
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is none
    except ValueError as error:
        raise SettingsError(f"{name}: it is not an address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise SettingsError(f"{name}: it must be an https:// address without a user name in it")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"{name}: http:// is for this machine alone; anywhere else it must be https://")
    if secret_file is None:
        raise SettingsError(f"{name}: it needs INFUSION_NOTIFY_WEBHOOK_SECRET_FILE, for what is sent is signed")
    return Webhook(url, read_secret("INFUSION_NOTIFY_WEBHOOK_SECRET_FILE", secret_file), now_ms)


def _apprise(file: Path) -> Notifier:
    name = "INFUSION_NOTIFY_APPRISE_FILE"
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name}: {file} cannot be read ({type(error).__name__})") from error
    addresses = [line for line in lines if line and not line.startswith("#")]
    if not addresses:
        raise SettingsError(f"{name}: {file} holds no address")
    try:
        from monitor.notify.apprise import AppriseChannel  # an extra, and slow to import

        return AppriseChannel(addresses)
    except ImportError as error:
        raise SettingsError(f"{name}: the package for it is not installed (the extra `notify`)") from error
    except ValueError as error:
        raise SettingsError(f"{name}: {file}: {error}") from None
