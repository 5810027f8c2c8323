"""The codec: publications of many devices, by the topics they stand under. Pure.

A retained reading is of any age and is refused. Each message that the broker wants acknowledged is, once all it says is on disk; where it
cannot be, the line is given up and the broker sends it again. After a session was resumed the broker first sends what it held meanwhile: a
reading that does not say when it was measured is questionable then.
"""

import re
from typing import Final

import msgspec

from monitor.adapters.base import AdapterError, Codec, CodecSettings
from monitor.adapters.mqtt.payload import MAX_PAYLOAD, Malformed, read_event, read_reading
from monitor.adapters.said import Condition, DeviceStatus, Fault, Reply, Said, Sender, undecoded

TOPIC: Final = "topic"  # the option
DEFAULT_TOPIC: Final = "infusion/v1"
HELD_MS: Final = 60_000  # after a session was resumed: so long a message may be one that the broker held
AGAIN: Final = b"again"
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*", re.ASCII)
_REST: Final = re.compile(r"/([A-Za-z0-9._-]{1,64})/(reading|event|status)", re.ASCII)
_STATUS: Final = {b"online": True, b"offline": False}
_MAX_DEVICES: Final = 1_024  # whose status is known; beyond it that of the first is told anew


class Connected(msgspec.Struct, frozen=True):
    """The first that a connection brings. `is_resumed`: the broker knew us and may have held messages."""

    is_resumed: bool


class Publication(msgspec.Struct, frozen=True):
    """`number`: to acknowledge it by; None where the broker wants no acknowledgement. `is_again`: it was sent before."""

    topic: str
    payload: bytes
    is_retained: bool = False
    is_again: bool = False
    number: int | None = None


class MqttCodec(Codec[Connected | Publication]):
    """Raises AdapterError for an option `topic` that is no plain path."""

    def __init__(self, settings: CodecSettings) -> None:
        self._zone = settings.zone
        self._root = settings.options.get(TOPIC, DEFAULT_TOPIC)
        if not _TOPIC.fullmatch(self._root):
            raise AdapterError(f"topic is a path without + and #, such as {DEFAULT_TOPIC}, not {self._root!r}")
        self._held_until_ms: int | None = None
        self._online: dict[str, bool] = {}

    def feed(self, data: Connected | Publication, received_at_ms: int) -> list[Said]:
        if isinstance(data, Connected):
            self._held_until_ms = received_at_ms + HELD_MS if data.is_resumed else None
            return []
        said = self._read(data, received_at_ms)
        if data.number is not None:
            said.append(Reply(str(data.number).encode(), when_kept=True, otherwise=AGAIN))
        return said

    def _read(self, data: Publication, at_ms: int) -> list[Said]:
        is_ours = data.topic.startswith(self._root)
        if not is_ours or (match := _REST.fullmatch(data.topic[len(self._root) :])) is None:
            return [undecoded(Fault.UNSUPPORTED, data.topic.encode("utf-8", "replace"), at_ms, "a topic that is not read")]
        sender, what = Sender(device=match[1]), match[2]
        if what == "status":
            return self._status(data.payload, sender, at_ms)
        if data.is_retained:
            return [undecoded(Fault.UNSUPPORTED, data.payload, at_ms, f"{data.topic} is retained: it may be of any age")]
        if len(data.payload) > MAX_PAYLOAD:
            return [undecoded(Fault.TOO_LONG, data.payload, at_ms, data.topic)]
        try:
            if what == "event":
                return read_event(data.payload, sender, at_ms, self._zone)
            was_held = self._held_until_ms is not None and at_ms < self._held_until_ms
            return read_reading(data.payload, sender, at_ms, self._zone, may_be_old=was_held or data.is_again)
        except Malformed as error:
            return [undecoded(Fault.MALFORMED, data.payload, at_ms, f"{data.topic}: {error}")]

    def _status(self, payload: bytes, sender: Sender, at_ms: int) -> list[Said]:
        """Retained or not: it is a state."""
        if (is_online := _STATUS.get(payload.strip())) is None:
            return [undecoded(Fault.MALFORMED, payload, at_ms, f"status of {sender.device}: neither online nor offline")]
        if self._online.get(sender.device) is is_online:
            return []
        if len(self._online) >= _MAX_DEVICES and sender.device not in self._online:
            del self._online[next(iter(self._online))]
        self._online[sender.device] = is_online
        return [DeviceStatus(at_ms, Condition.CONNECTED, is_online, payload.decode("ascii").strip(), sender)]
