"""One connection of one device, as a state machine: text in, things to do out. No sockets, no clock, no tasks.

    hello -> Join -> welcome -> open;  then each frame in turn:  Take -> settled -> ack        (good)
                                                                 Skip -> settled -> refused    (refused by name)
`next_seq` is the frame whose turn it is. A later one is refused (`sequence_gap`), an earlier one is acknowledged again or awaits the
acknowledgement it is waiting for. A refused frame takes its turn like any other, so that a device that follows the protocol is never
held up by one; it is told so when that is on disk. `busy` gives the turn back: frames that overtook it are `busy` too.
Bounds: at most `max_in_flight` frames and `max_measurements` measurements wait for the disk; the shell stops reading while `has_room` is
False, what is fed all the same is answered `busy`.
"""

from typing import Final

from monitor.access.roles import Device
from monitor.ingest.announcing import announcements_of
from monitor.ingest.codec import decode, measurements_of, sent_at_ms
from monitor.ingest.device_line import FAULT_WINDOW_MS, MAX_FAULTS, DeviceLine
from monitor.ingest.naming import Refusal
from monitor.ingest.ports import Aside
from monitor.ingest.todo import Close, Closing, Join, Keep, Say, Skip, Take, Todo
from monitor.store.ports import MAX_RAW_BYTES
from schemas.device_wire import PROTOCOL, Ack, Bye, Frame, Hello, Invalid, MonitorSays, Refused, RefusedReason, Welcome
from schemas.instant import from_ms
from schemas.log import Interval

MAX_INVALID: Final = 100  # values named in one acknowledgement; the rest are counted in its last line
_NOT_TAKEN: Final = frozenset({RefusedReason.BUSY, RefusedReason.SEQUENCE_GAP})


class _Waiting:
    """A frame whose turn has come and whose fate is not on disk yet."""

    __slots__ = ("invalid", "is_settled", "measurements", "refused")

    def __init__(self, measurements: int, refused: Refused | None) -> None:
        self.measurements = measurements
        self.refused = refused
        self.is_settled = False
        self.invalid: tuple[Invalid, ...] = ()


class DeviceSession:
    """`device` is who the token says it is; `line` outlives the connection."""

    def __init__(self, device: Device, line: DeviceLine, *, max_in_flight: int = 64, max_measurements: int = 4_000) -> None:
        self._device = device
        self._line = line
        self._max_in_flight = max_in_flight
        self._max_measurements = max_measurements
        self._waiting: dict[int, _Waiting] = {}  # in order of seq
        self._waiting_measurements = 0
        self._held = False  # a frame was `busy`: until it comes again, those after it are busy too
        self.boot: str | None = None
        self.next_seq = 1
        self.acked = 0

    @property
    def is_open(self) -> bool:
        return self.boot is not None

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < self._max_in_flight and self._waiting_measurements < self._max_measurements

    # --- what comes in ------------------------------------------------------------------------------------------------------------

    def feed(self, raw: bytes | str, received_at_ms: int) -> list[Todo]:
        """One text frame."""
        said = decode(raw)
        if isinstance(said, Frame):
            return self._frame(said, raw, received_at_ms)
        if isinstance(said, Refusal):
            return self._bad(said, raw, received_at_ms)
        if isinstance(said, Bye):
            return [Close(Closing.NORMAL, f"bye: {said.why}")]
        return self._hello(said, raw, received_at_ms)

    def feed_binary(self, raw: bytes, received_at_ms: int) -> list[Todo]:
        return self._bad(Refusal(RefusedReason.MALFORMED, "", "a binary frame: send JSON text"), raw, received_at_ms)

    def _hello(self, hello: Hello, raw: bytes | str, at_ms: int) -> list[Todo]:
        code, refusal = self._judge_hello(hello)
        if refusal is None:
            intervals = tuple(Interval(max(1, round(wire.interval_s * 1000)), wire.vital) for wire in hello.intervals)
            return [Join(hello.boot, intervals)]
        todo = self._bad(refusal, raw, at_ms)
        return todo if code is None else [*todo, Close(code, refusal.detail)]

    def _judge_hello(self, hello: Hello) -> tuple[Closing | None, Refusal | None]:
        if self.is_open:
            return None, Refusal(RefusedReason.PROTOCOL, "type", "hello was said already on this connection")
        if hello.protocol != PROTOCOL:
            return Closing.MALFORMED, Refusal(RefusedReason.PROTOCOL, "protocol", f"this monitor speaks protocol {PROTOCOL}")
        if hello.device != self._device.device:
            return Closing.NOT_YOURS, Refusal(RefusedReason.UNKNOWN_DEVICE, "device", "the token is another device's")
        if hello.mode is not self._device.mode:
            detail = f"the device is registered as {self._device.mode}, it says {hello.mode}"
            return Closing.NOT_YOURS, Refusal(RefusedReason.WRONG_MODE, "mode", detail)
        if len({wire.vital for wire in hello.intervals}) < len(hello.intervals):
            return Closing.MALFORMED, Refusal(RefusedReason.MALFORMED, "intervals", "a vital sign is given twice")
        if not self._line.enters(hello.boot):
            return Closing.MALFORMED, Refusal(RefusedReason.PROTOCOL, "boot", "this boot ended when a newer one began: choose a new name")
        return None, None

    def _frame(self, frame: Frame, raw: bytes | str, at_ms: int) -> list[Todo]:
        if self.boot is None:
            return self._bad(Refusal(RefusedReason.PROTOCOL, "type", "say hello first", frame.seq), raw, at_ms)
        if frame.boot is not None and frame.boot != self.boot:
            return self._bad(Refusal(RefusedReason.PROTOCOL, "boot", "hello named another boot"), raw, at_ms)
        out_of_turn = self._out_of_turn(frame.seq)
        if out_of_turn is not None:
            return out_of_turn
        made = measurements_of(self._device.device, frame)
        if isinstance(made, Refusal):
            return self._bad(made, raw, at_ms)
        announced = announcements_of(frame)
        if isinstance(announced, Refusal):
            return self._bad(announced, raw, at_ms)
        self._claim(frame.seq, len(made) + len(announced), None)
        return [Take(frame.seq, made, at_ms, sent_at_ms(frame), announced)]

    def _bad(self, refusal: Refusal, raw: bytes | str, at_ms: int) -> list[Todo]:
        """Refused by name and kept aside. Where its `seq` is known and its turn has come it takes its turn."""
        kept = Keep(aside_of(refusal, self._device.device, raw, at_ms))
        refused = Refused(refusal.seq, refusal.reason, refusal.where, refusal.detail)
        answer: list[Todo] = [Say(refused)]
        if self.boot is not None and refusal.seq is not None:
            out_of_turn = self._out_of_turn(refusal.seq)
            if out_of_turn is None:
                self._claim(refusal.seq, 0, refused)
            answer = [Skip(refusal.seq)] if out_of_turn is None else out_of_turn
        if self._line.fault(at_ms):
            answer.append(Close(Closing.MALFORMED, f"{MAX_FAULTS} bad frames within {FAULT_WINDOW_MS // 1000} s"))
        return [kept, *answer]

    # --- turns --------------------------------------------------------------------------------------------------------------------

    def _out_of_turn(self, seq: int) -> list[Todo] | None:
        """What to do with a frame whose turn it is not; None where it is."""
        if seq < self.next_seq:
            return [] if seq in self._waiting else [Say(Ack(self.acked))]
        if seq > self.next_seq:
            if self._held:
                return [Say(Refused(seq, RefusedReason.BUSY, "", f"frame {self.next_seq} comes first: keep both and send them again"))]
            detail = f"frame {seq} came where {self.next_seq} was next: send from {self.next_seq}"
            return [Say(Refused(seq, RefusedReason.SEQUENCE_GAP, "seq", detail))]
        if not self.has_room:
            self._held = True
            return [Say(Refused(seq, RefusedReason.BUSY, "", "too many frames wait for the disk: keep it and send it again"))]
        return None

    def _claim(self, seq: int, measurements: int, refused: Refused | None) -> None:
        self._waiting[seq] = _Waiting(measurements, refused)
        self._waiting_measurements += measurements
        self.next_seq = seq + 1
        self._held = False

    def _give_back(self, seq: int) -> None:
        """It is the turn of `seq` again: it and what came after it are not on record."""
        for later in [waiting for waiting in self._waiting if waiting >= seq]:
            self._waiting_measurements -= self._waiting.pop(later).measurements
        self.next_seq = min(self.next_seq, seq)

    # --- what became of it --------------------------------------------------------------------------------------------------------

    def joined(self, boot: str, last_seq: int, session: str | None, now_ms: int, clock_speed: float) -> list[Todo]:
        """The answer to Join."""
        self.boot, self.acked, self.next_seq = boot, last_seq, last_seq + 1
        welcome = Welcome(PROTOCOL, last_seq, self._max_in_flight, from_ms(now_ms), clock_speed, session)
        return [Say(welcome)]

    def settled(self, seq: int, invalid: tuple[Invalid, ...] = ()) -> None:
        """The frame, or that it was refused, is on disk. Ask for `answers` afterwards."""
        waiting = self._waiting.get(seq)
        if waiting is not None:
            waiting.is_settled, waiting.invalid = True, invalid

    def failed(self, seq: int) -> list[Todo]:
        """It cannot be brought to the disk now."""
        return self.not_taken(seq, RefusedReason.BUSY, "the record could not be written: keep the frame and send it again")

    def not_taken(self, seq: int, reason: RefusedReason, detail: str) -> list[Todo]:
        """The recorder refused it."""
        waiting = self._waiting.get(seq)
        if waiting is None:
            return []  # given back already, together with one before it
        refused = Refused(seq, reason, "", detail)
        if reason in _NOT_TAKEN:
            self._give_back(seq)
            self._held = True
            return [Say(refused)]
        waiting.refused = refused
        return [Skip(seq)]

    def answers(self) -> list[MonitorSays]:
        """What is due to the device now, in order of seq: acknowledgements, as few as can be, and refusals that are on disk."""
        said: list[MonitorSays] = []
        due = self.acked
        for seq in list(self._waiting):
            waiting = self._waiting[seq]
            if not waiting.is_settled:
                break
            del self._waiting[seq]
            self._waiting_measurements -= waiting.measurements
            if waiting.refused is not None or waiting.invalid:
                if due > self.acked and waiting.refused is not None:
                    said.append(Ack(due))
                said.append(waiting.refused if waiting.refused is not None else Ack(seq, bounded(waiting.invalid)))
                self.acked = seq
            due = seq
        if due > self.acked:
            said.append(Ack(due))
            self.acked = due
        return said


def bounded(invalid: tuple[Invalid, ...]) -> tuple[Invalid, ...]:
    """The first 99 and how many more there are, where there are more than 100."""
    if len(invalid) <= MAX_INVALID:
        return invalid
    return (*invalid[: MAX_INVALID - 1], Invalid("", f"and {len(invalid) - MAX_INVALID + 1} more"))


def aside_of(refusal: Refusal, device: str, raw: bytes | str, at_ms: int) -> Aside:
    """The refused frame, cut to 4,096 bytes."""
    cut = raw[:MAX_RAW_BYTES]
    kept = cut.encode("utf-8", "surrogatepass")[:MAX_RAW_BYTES] if isinstance(cut, str) else cut
    return Aside(at_ms=at_ms, device=device, reason=refusal.reason, where=refusal.where, detail=refusal.detail, raw=kept)
