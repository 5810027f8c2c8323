"""What a Bluetooth LE device notifies or indicates, one characteristic at a time. Pure.

A characteristic that is longer or shorter than its flags say is refused: some cuffs write fields that their flags deny, and what follows
such a field cannot be trusted.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from monitor.adapters.base import Codec, CodecSettings
from monitor.adapters.ble import oximetry, vitals
from monitor.adapters.ble.fields import Fields, NotWhole
from monitor.adapters.said import Condition, DeviceStatus, Fault, Said, undecoded

Reader = Callable[[Fields, int, CodecSettings], list[Said]]
_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"
READERS: Final[dict[str, Reader]] = {
    _BASE.format("2a35"): vitals.blood_pressure,
    _BASE.format("2a36"): vitals.cuff_pressure,
    _BASE.format("2a37"): vitals.heart_rate,
    _BASE.format("2a5e"): oximetry.spot_check,
    _BASE.format("2a5f"): oximetry.continuous,
    oximetry.NONIN: oximetry.nonin,
}
"""Characteristic -> what reads it. The shell asks for those of them that the device has."""


def uuid_of(short: str) -> str:
    """Of a characteristic of the Bluetooth SIG, by its four hexadecimal digits."""
    return _BASE.format(short.lower())


class Notification(msgspec.Struct, frozen=True):
    """`characteristic`: its whole UUID, in lower case."""

    characteristic: str
    data: bytes


class BleCodec(Codec[Notification]):
    def __init__(self, settings: CodecSettings) -> None:
        self._settings = settings
        self._holds: dict[Condition, bool] = {}

    def feed(self, data: Notification, received_at_ms: int) -> list[Said]:
        if (reader := READERS.get(data.characteristic)) is None:
            return [undecoded(Fault.UNSUPPORTED, data.data, received_at_ms, data.characteristic)]
        try:
            said = reader(Fields(data.data), received_at_ms, self._settings)
        except NotWhole:
            return [undecoded(Fault.MALFORMED, data.data, received_at_ms, data.characteristic)]
        return [item for item in said if self._is_news(item)]

    def _is_news(self, item: Said) -> bool:
        """A status is told when it changes."""
        if not isinstance(item, DeviceStatus):
            return True
        before, self._holds[item.condition] = self._holds.get(item.condition, False), item.holds
        return item.holds is not before
