"""The codec: messages out of the stream, by their kind to what reads them, and the acknowledgement each wants. Pure."""

from typing import Final

from monitor.adapters.base import CodecSettings, StreamCodec
from monitor.adapters.hl7.acknowledging import answers
from monitor.adapters.hl7.alarms import Alarms
from monitor.adapters.hl7.context import Context
from monitor.adapters.hl7.heading import header_of
from monitor.adapters.hl7.message import Message, read_message
from monitor.adapters.hl7.mllp import MAX_MESSAGE, Broken, MllpSplitter
from monitor.adapters.hl7.observations import Observations
from monitor.adapters.said import Fault, Said, clipped, undecoded

_OBSERVATIONS: Final = "R01"
_ALARM: Final = "R40"
_WAVES: Final = "W01"  # acknowledged and not read: a monitor that sends them must not stop at a refusal


class Hl7Codec(StreamCodec):
    max_pending = MAX_MESSAGE + 2

    def __init__(self, settings: CodecSettings) -> None:
        self._zone = settings.zone
        self._messages = MllpSplitter()
        self._observations = Observations()
        self._alarms = Alarms()
        self._wake_ms: int | None = None
        self._number = 0

    @property
    def pending(self) -> int:
        return self._messages.pending

    @property
    def next_wake_ms(self) -> int | None:
        return self._wake_ms

    def feed(self, data: bytes, received_at_ms: int) -> list[Said]:
        said = self._all(self._messages.feed(data), received_at_ms)
        patience_ms = self._messages.patience_ms
        self._wake_ms = None if patience_ms is None else received_at_ms + patience_ms
        return said

    def woken(self, at_ms: int) -> list[Said]:
        self._wake_ms = None
        return self._all(self._messages.rest(), at_ms)

    def closed(self, at_ms: int) -> list[Said]:
        return self.woken(at_ms)

    def _all(self, found: list[bytes | Broken], at_ms: int) -> list[Said]:
        said: list[Said] = []
        for item in found:
            if isinstance(item, Broken):
                said.append(undecoded(item.fault, item.beginning, at_ms))
            elif (message := read_message(item)) is None:
                said.append(undecoded(Fault.MALFORMED, item, at_ms))
            else:
                said += self._read(message, item, at_ms)
        return said

    def _read(self, message: Message, raw: bytes, at_ms: int) -> list[Said]:
        self._number += 1
        header = header_of(message)
        kind, event = header.heading.kind, header.heading.event
        is_taken = kind == "ORU" and event in (_OBSERVATIONS, _ALARM, _WAVES)
        if is_taken and event != _WAVES:
            said = self._observed(Context(message, header, at_ms, self._zone), is_alarm=event == _ALARM)
        else:
            said = [undecoded(Fault.UNSUPPORTED, raw, at_ms, clipped(f"{kind}^{event} is not read"))]
        return said + answers(header, message.marks, at_ms, self._number, is_taken=is_taken)

    def _observed(self, context: Context, *, is_alarm: bool) -> list[Said]:
        if is_alarm:
            return [item for each in context.observed for item in self._alarms.event(context, each)]
        lines = [item for row in context.lines for item in self._alarms.line(context, row)]
        return self._observations.read(context) + lines
