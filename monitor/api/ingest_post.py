"""One frame by HTTP: `POST /api/v1/ingest`. The same codec and the same recorder as the WebSocket; each answer waits for the disk.

There is no hello here: the frame names its `boot`, and the device declares no intervals. A post that was not answered is sent again as it
was; a frame that was taken before is acknowledged, not recorded twice.
"""

import asyncio
from typing import Final

from fastapi import Request

from monitor.access.roles import Device
from monitor.api.ingest_connection import Line, Patience
from monitor.api.problems import Fault, Problem
from monitor.clock import Clock
from monitor.ingest.announcing import announcements_of
from monitor.ingest.codec import decode, measurements_of, sent_at_ms
from monitor.ingest.device_session import aside_of, bounded
from monitor.ingest.naming import Refusal
from monitor.ingest.ports import FrameRefused, Recorder
from schemas.announcement import Announcement
from schemas.device_wire import MAX_FRAME_BYTES, Ack, Frame, Invalid, RefusedReason
from schemas.measurement import Measurement

MAX_POSTING: Final = 8  # posts of one device under way; one more is `busy`

_STATUS: Final = {
    RefusedReason.TOO_LARGE: 413,
    RefusedReason.SEQUENCE_GAP: 409,
    RefusedReason.DEVICE_UNBOUND: 409,
    RefusedReason.PROTOCOL: 409,
    RefusedReason.UNKNOWN_DEVICE: 403,
    RefusedReason.WRONG_MODE: 403,
    RefusedReason.BUSY: 503,
}
STATUSES: Final = {
    409: "out of turn, bound to no session, or of a boot that ended",
    413: "too large",
    422: "refused by name",
    429: "too many bad frames",
    503: "busy: keep it and send it again",
}
_LEAVES_ITS_TURN: Final = frozenset({RefusedReason.SEQUENCE_GAP, RefusedReason.BUSY})


async def bounded_body(request: Request, most: int) -> bytes:
    """Raises Problem (413) as soon as there is more."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Problem(413, RefusedReason.TOO_LARGE, f"A frame is at most {most} bytes.")
    return bytes(body)


class PostedFrames:
    """Takes frames of one device after the other or side by side; the recorder keeps their order."""

    def __init__(self, recorder: Recorder, clock: Clock, patience: Patience) -> None:
        self._recorder = recorder
        self._clock = clock
        self._patience = patience

    async def take(self, device: Device, line: Line, request: Request) -> Ack:
        """Raises Problem; its `reason` is a RefusedReason."""
        if line.posting >= MAX_POSTING:
            raise _problem(Refusal(RefusedReason.BUSY, "", f"{MAX_POSTING} frames of this device are under way"))
        line.posting += 1
        try:
            raw = await bounded_body(request, MAX_FRAME_BYTES)
            return await self._take(device, line, raw)
        finally:
            line.posting -= 1

    async def _take(self, device: Device, line: Line, raw: bytes) -> Ack:
        now_ms = self._clock.now_ms()
        said = decode(raw)
        refusal = said if isinstance(said, Refusal) else self._judge(said, line)
        if refusal is None:
            assert isinstance(said, Frame)
            made = measurements_of(device.device, said)
            announced = announcements_of(said)
            if not isinstance(made, Refusal) and not isinstance(announced, Refusal):
                assert said.boot is not None
                self._enter(device, line, said.boot)
                return await self._record(device.device, said, made, announced, now_ms)
            fault = made if isinstance(made, Refusal) else announced
            assert isinstance(fault, Refusal)
            refusal = Refusal(fault.reason, fault.where, fault.detail, fault.seq, said.boot)
        self._recorder.keep_aside(aside_of(refusal, device.device, raw, now_ms))
        await self._skip(device, line, refusal)
        raise _problem(refusal, is_flood=line.memory.fault(now_ms))

    def _judge(self, said: object, line: Line) -> Refusal | None:
        if not isinstance(said, Frame):
            return Refusal(RefusedReason.PROTOCOL, "type", "over HTTP there are frames only")
        if said.boot is None:
            return Refusal(RefusedReason.PROTOCOL, "boot", "over HTTP a frame needs its boot")
        if not self._may_enter(line, said.boot):
            return Refusal(RefusedReason.PROTOCOL, "boot", "this boot ended, or the device has a connection open with another one")
        return None

    def _may_enter(self, line: Line, boot: str) -> bool:
        return boot == line.memory.boot or (line.connection is None and not line.memory.has_ended(boot))

    def _enter(self, device: Device, line: Line, boot: str) -> None:
        if line.memory.boot != boot:
            line.memory.enters(boot)
            self._recorder.label(device.device, device.mode, device.source)
            self._recorder.joined(device.device, boot, ())

    async def _record(self, device: str, frame: Frame, made: list[Measurement], announced: tuple[Announcement, ...], now_ms: int) -> Ack:
        boot, seq = frame.boot or "", frame.seq
        try:
            done = self._recorder.frame(device, boot, seq, made, now_ms, sent_at_ms(frame), announced)
        except FrameRefused as refused:
            if refused.reason not in _LEAVES_ITS_TURN:
                await self._on_disk(self._recorder.skip(device, boot, seq))
            raise _problem(Refusal(refused.reason, "", refused.detail, seq, boot)) from refused
        return Ack(seq, bounded(await self._on_disk(done) or ()))

    async def _skip(self, device: Device, line: Line, refusal: Refusal) -> None:
        """A refused frame takes its turn, if it could be read far enough to tell which."""
        seq, boot = refusal.seq, refusal.boot
        if seq is not None and boot is not None and self._may_enter(line, boot):
            self._enter(device, line, boot)
            await self._on_disk(self._recorder.skip(device.device, boot, seq))

    async def _on_disk(self, done: asyncio.Future[tuple[Invalid, ...]] | asyncio.Future[None] | None) -> tuple[Invalid, ...] | None:
        if done is None:
            return None
        try:
            async with asyncio.timeout(self._patience.durable_s):
                return await asyncio.shield(done)
        except TimeoutError:
            detail = f"not on disk within {self._patience.durable_s:g} s: keep the frame and send it again"
            raise _problem(Refusal(RefusedReason.BUSY, "", detail)) from None


def _problem(refusal: Refusal, *, is_flood: bool = False) -> Problem:
    status = 429 if is_flood else _STATUS.get(refusal.reason, 422)
    headers = {"Retry-After": "10" if is_flood else "1"} if status in {429, 503} else {}
    return Problem(status, refusal.reason, refusal.detail, errors=[Fault(refusal.where, refusal.detail)], headers=headers)
