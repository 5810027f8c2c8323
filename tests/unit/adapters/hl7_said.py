"""What the HL7 codec says to messages that a test writes as text."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from monitor.adapters.base import CodecSettings
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import DeviceEvent, DeviceMeasurement, DeviceValue, Reply, Said, Unmapped

NOW_MS = 1_795_344_067_000


class Bedside:
    """One connection."""

    def __init__(self, zone: str | None = None) -> None:
        self._codec = Hl7Codec(CodecSettings(zone=ZoneInfo(zone) if zone else None))

    def hears(self, *segments: str, at_ms: int = NOW_MS) -> list[Said]:
        message = "".join(f"{segment}\r" for segment in segments).encode()
        return self._codec.feed(b"\x0b" + message + b"\x1c\r", at_ms)


def header(sender: str = "|", *, kind: str = "ORU^R01^ORU_R01", number: str = "17", at: str = "20260701120000", rest: str = "P|2.6") -> str:
    """`sender`: MSH-3 and 4; `rest`: from MSH-11 on."""
    return rf"MSH|^~\&|{sender}|||{at}||{kind}|{number}|{rest}"


def values(said: Sequence[Said]) -> dict[Quantity, DeviceValue]:
    """Of all measurements; a quantity that is said twice is a fault of the test."""
    found = [value for item in measurements(said) for value in item.values]
    assert len({value.quantity for value in found}) == len(found)
    return {value.quantity: value for value in found}


def numbers(said: Sequence[Said]) -> dict[Quantity, int | None]:
    return {quantity: value.value_milli for quantity, value in values(said).items()}


def measurements(said: Sequence[Said]) -> list[DeviceMeasurement]:
    return [item for item in said if isinstance(item, DeviceMeasurement)]


def unmapped(said: Sequence[Said]) -> list[Unmapped]:
    return [item for item in said if isinstance(item, Unmapped)]


def events(said: Sequence[Said]) -> list[DeviceEvent]:
    return [item for item in said if isinstance(item, DeviceEvent)]


def replies(said: Sequence[Said]) -> list[Reply]:
    return [item for item in said if isinstance(item, Reply)]
