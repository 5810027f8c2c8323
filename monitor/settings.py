"""Settings: `INFUSION_*` environment variables, each with its unit, default and meaning in one table. Nothing else configures the monitor.

A value that cannot be read stops the start with what is wrong; there is no silent default for a bad one.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

PREFIX: Final = "INFUSION_"
DEFAULT_LIMITS: Final = Path(__file__).with_name("limits.toml")
MIN_SECRET_BYTES: Final = 16


class SettingsError(ValueError):
    """A setting that cannot be used: its name, what it was, what it should be."""


class Setting(msgspec.Struct, frozen=True):
    """One row of the table that the documentation is held to."""

    name: str
    default: str
    meaning: str


TABLE: Final = (
    Setting("INFUSION_DATA_DIR", "infusion-data", "Folder of the database and the signing key (mode 0700). One process at a time."),
    Setting("INFUSION_HOST", "127.0.0.1", "Address to listen on. Behind a reverse proxy with TLS leave it on loopback."),
    Setting("INFUSION_PORT", "8050", "TCP port, 1-65535."),
    Setting("INFUSION_LIMITS", "(the shipped limits.toml)", "Rule set file. Wrong rows stop the start; there are no fallback limits."),
    Setting("INFUSION_SITE_ZONE", "UTC", "IANA time zone of the site, for the clock on screen. The record is in UTC."),
    Setting("INFUSION_PUBLIC_URL", "(http://HOST:PORT)", "Address that browsers use; https makes cookies secure."),
    Setting("INFUSION_ADMIN_TICKET", "0", "1 prints a one-time login link for the first administrator at start, where there is none yet."),
    Setting("INFUSION_NOTIFY_WEBHOOK_URL", "(none)", "Second channel: address that is sent a signed POST. https, or http to this machine."),
    Setting("INFUSION_NOTIFY_WEBHOOK_SECRET_FILE", "(none)", "File with the secret that signs it, at least 16 bytes."),
    Setting("INFUSION_NOTIFY_APPRISE_FILE", "(none)", "Second channel: file with one Apprise address a line. # begins a comment."),
    Setting("INFUSION_METRICS_TOKEN_FILE", "(none)", "File with a bearer token, at least 16 bytes, that opens /metrics and nothing else."),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the table above says, read."""

    data_dir: Path
    host: str
    port: int
    limits: Path
    site_zone: str
    public_url: str
    admin_ticket: bool
    notify_webhook_url: str | None = None
    notify_webhook_secret_file: Path | None = None
    notify_apprise_file: Path | None = None
    metrics_token_file: Path | None = None


def read_settings(environment: Mapping[str, str], **given: object) -> Settings:
    """From the environment; what a command line gives (`data_dir=`, `port=` ...; None means not given) goes first. Raises SettingsError."""

    def text(name: str, default: str) -> str:
        value = given.get(name)
        return str(value) if value is not None else environment.get(PREFIX + name.upper(), default)

    host, port = text("host", "127.0.0.1"), _port(text("port", "8050"))
    limits = Path(text("limits", str(DEFAULT_LIMITS)))
    if not limits.is_file():
        raise SettingsError(f"INFUSION_LIMITS: there is no file {limits}")
    zone = text("site_zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"INFUSION_SITE_ZONE: {zone!r} is not an IANA time zone, such as Europe/Berlin") from error
    public_url = text("public_url", f"http://{host}:{port}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        raise SettingsError(f"INFUSION_PUBLIC_URL: {public_url!r} must begin with http:// or https://")
    ticket = text("admin_ticket", "0")
    if ticket not in {"0", "1"}:
        raise SettingsError(f"INFUSION_ADMIN_TICKET: {ticket!r} must be 0 or 1")
    return Settings(
        data_dir=Path(text("data_dir", "infusion-data")),
        host=host,
        port=port,
        limits=limits,
        site_zone=zone,
        public_url=public_url,
        admin_ticket=ticket == "1",
        notify_webhook_url=text("notify_webhook_url", "") or None,
        notify_webhook_secret_file=_file("notify_webhook_secret_file", text),
        notify_apprise_file=_file("notify_apprise_file", text),
        metrics_token_file=_file("metrics_token_file", text),
    )


def read_secret(name: str, file: Path) -> bytes:
    """What stands in the file, without white space around it. Raises SettingsError, which never says any of it."""
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"{name}: {file} cannot be read ({type(error).__name__})") from error
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingsError(f"{name}: {file} must hold at least {MIN_SECRET_BYTES} bytes")
    return secret


def _file(name: str, text: Callable[[str, str], str]) -> Path | None:
    path = text(name, "")
    if not path:
        return None
    if not Path(path).is_file():
        raise SettingsError(f"{PREFIX}{name.upper()}: there is no file {path}")
    return Path(path)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError as error:
        raise SettingsError(f"INFUSION_PORT: {text!r} is not a number") from error
    if not 0 <= port <= 65535:
        raise SettingsError(f"INFUSION_PORT: {port} is not between 1 and 65535")
    return port
