"""The gateway's configuration file. What is misspelt or missing stops the start with what is wrong; nothing is guessed."""

import tomllib
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from monitor.adapters.base import CodecSettings
from schemas.device_wire import Id, Line, WireInterval
from schemas.measurement import Mode
from schemas.vitals import Vital

MAX_DEVICES: Final = 64


class ConfigError(ValueError):
    """The text says what is wrong, for people."""


class DeviceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device as it is enrolled at the monitor: its name, its mode, the file with its token. `interval_s`: how often each vital sign
    comes, where the monitor should know. `sender`: what the adapter's wire calls it; needed where several share one adapter."""

    name: Id
    token_file: Path
    mode: Mode = Mode.REAL
    source: Line = ""
    sender: str = ""
    interval_s: dict[Vital, Annotated[float, msgspec.Meta(gt=0, le=3_600)]] = {}

    @property
    def intervals(self) -> tuple[WireInterval, ...]:
        return tuple(WireInterval(vital, seconds) for vital, seconds in self.interval_s.items())

    def token(self) -> str:
        """Read each time it is needed, so that a new one is used without a restart. Raises OSError, also where it holds no token."""
        words = self.token_file.read_text(encoding="utf-8", errors="replace").split()
        if len(words) != 1 or not words[0].isascii():
            raise OSError(f"{self.token_file} must hold the token of {self.name} and nothing else")
        return words[0]


class AdapterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One adapter at one address. `zone`: of the device's clock. `cuff_told_within_s`: a cuff's value that is told for the first time so
    long after it was measured, or sooner, counts as measured now; an older one is history."""

    adapter: str
    address: str
    device: Annotated[tuple[DeviceConfig, ...], msgspec.Meta(min_length=1)]
    zone: str | None = None
    options: dict[str, str] = {}
    cuff_told_within_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 60.0

    @property
    def codec(self) -> CodecSettings:
        return CodecSettings(None if self.zone is None else ZoneInfo(self.zone), self.options)


class GatewayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`spool_folder`: one gateway at a time. `spool_bound`: measurements of one device that wait at most. Paths are relative to the file.
    `metrics_file`: figures in the Prometheus text format, written anew every ten seconds."""

    monitor: str
    adapter: Annotated[tuple[AdapterConfig, ...], msgspec.Meta(min_length=1)]
    spool_folder: Path = Path("gateway-data")
    spool_bound: Annotated[int, msgspec.Meta(ge=100, le=10_000_000)] = 200_000
    metrics_file: Path | None = None

    @property
    def devices(self) -> tuple[DeviceConfig, ...]:
        return tuple(device for adapter in self.adapter for device in adapter.device)


def read_config(path: Path) -> GatewayConfig:
    """Raises ConfigError."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), GatewayConfig, dec_hook=_path)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(path, found)
    return _beside(path.parent, found)


def _path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str):
        raise NotImplementedError
    return Path(value)


def _check(path: Path, config: GatewayConfig) -> None:
    names = [device.name for device in config.devices]
    if len(names) > MAX_DEVICES:
        raise ConfigError(f"{path}: a gateway serves at most {MAX_DEVICES} devices, not {len(names)}")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"{path}: {', '.join(doubled)} stands there twice: one enrolled device has one connection")
    if not config.monitor.startswith(("http://", "https://")):
        raise ConfigError(f"{path}: monitor = {config.monitor!r} must begin with http:// or https://")
    for adapter in config.adapter:
        senders = [device.sender for device in adapter.device]
        if len(senders) > 1 and ("" in senders or len(set(senders)) < len(senders)):
            raise ConfigError(f"{path}: the devices of {adapter.adapter} at {adapter.address} each need a sender of their own")
        try:
            _ = adapter.codec
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(f"{path}: {adapter.zone!r} is not an IANA time zone, such as Europe/Berlin") from error


def _beside(folder: Path, config: GatewayConfig) -> GatewayConfig:
    replace = msgspec.structs.replace
    adapters = tuple(
        replace(adapter, device=tuple(replace(device, token_file=folder / device.token_file) for device in adapter.device))
        for adapter in config.adapter
    )
    metrics = None if config.metrics_file is None else folder / config.metrics_file
    return replace(config, adapter=adapters, spool_folder=folder / config.spool_folder, metrics_file=metrics)
