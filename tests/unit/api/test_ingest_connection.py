"""The shell around a device's connection, on a fake recorder and a socket without a network."""

import asyncio
import json
from typing import Any

import pytest

from monitor.access.roles import Device
from monitor.api.ingest_connection import MAX_OUTBOX, DeviceConnection, Line, Patience
from monitor.clock import ManualClock
from schemas.device_wire import Invalid
from schemas.measurement import Mode
from schemas.vitals import Vital
from tests.unit.api.asgi_socket import AsgiSocket, turns
from tests.unit.ingest.fake_recorder import FakeRecorder
from tests.unit.ingest.frames import frame, hello, measurement, text

DEVICE = Device("sim-room-1", Mode.SIMULATED, "simulator")


class Bench:
    """One device's line; `valid` is what the token is worth."""

    def __init__(self, *, auto: bool = False, patience: Patience | None = None, max_in_flight: int = 64) -> None:
        self.recorder = FakeRecorder(asyncio.get_running_loop(), auto=auto)
        self.line = Line()
        self.valid = True
        self._patience = patience or Patience()
        self._max_in_flight = max_in_flight

    def connect(self) -> AsgiSocket:
        return AsgiSocket(
            lambda websocket: DeviceConnection(
                websocket,
                DEVICE,
                self.line,
                recorder=self.recorder,
                clock=ManualClock(),
                still_valid=lambda _: self.valid,
                patience=self._patience,
                max_in_flight=self._max_in_flight,
            ).run()
        )

    async def open(self) -> AsgiSocket:
        """A connection that has been welcomed."""
        socket = self.connect()
        socket.say(hello())
        assert (await socket.hear())["type"] == "welcome"
        return socket


async def test_hello_is_welcomed_and_the_recorder_told() -> None:
    bench = Bench()
    bench.recorder.durable["sim-room-1", "b1"] = 17
    socket = bench.connect()
    socket.say(hello())
    welcome = await socket.hear()
    assert welcome["last_seq"] == 17
    assert welcome["session"] == "S-000001"
    assert welcome["now"].endswith("Z")
    assert bench.recorder.events == [("label", "sim-room-1", "simulated", "simulator"), ("joined", "sim-room-1", "b1", "spo2=1000")]


async def test_acknowledgements_come_after_the_commit_and_gathered() -> None:
    bench = Bench()
    socket = await bench.open()
    for seq in range(1, 11):
        socket.say(text(frame(seq)))
    await turns()
    assert bench.recorder.stored == {}
    bench.recorder.commit(7)
    assert await socket.hear() == {"type": "ack", "seq": 7}
    bench.recorder.commit()
    assert await socket.hear() == {"type": "ack", "seq": 10}


async def test_invalid_values_are_named_in_the_acknowledgement() -> None:
    bench = Bench(auto=True)
    bench.recorder.invalid[1] = (Invalid("measurements[0].readings[0]", "out_of_range"),)
    socket = await bench.open()
    socket.say(text(frame(1)))
    assert (await socket.hear())["invalid"] == [{"where": "measurements[0].readings[0]", "reason": "out_of_range"}]


async def test_reading_stops_while_too_many_frames_wait_for_the_disk() -> None:
    bench = Bench(max_in_flight=3)
    socket = await bench.open()
    for seq in range(1, 9):
        socket.say(text(frame(seq)))
    await turns()
    assert socket.unread == 5  # three are in flight
    bench.recorder.commit()
    assert (await socket.hear())["seq"] == 3
    await turns()
    assert socket.unread == 2
    bench.recorder.commit()
    assert (await socket.hear())["seq"] == 6
    await turns()
    bench.recorder.commit()
    assert (await socket.hear())["seq"] == 8
    assert len(bench.recorder.stored) == 8


async def test_reading_stops_while_answers_are_not_taken() -> None:
    bench = Bench(patience=Patience(send_s=600))
    socket = await bench.open()
    socket.stop_reading()
    for _ in range(2 * MAX_OUTBOX):
        socket.say(text(frame(9)))  # each is refused: a gap
    await turns(3 * MAX_OUTBOX)
    assert MAX_OUTBOX - 3 <= socket.unread <= MAX_OUTBOX
    socket.read_on()
    for _ in range(2 * MAX_OUTBOX):
        assert (await socket.hear())["reason"] == "sequence_gap"


async def test_a_malformed_frame_is_refused_kept_aside_and_the_connection_goes_on() -> None:
    bench = Bench(auto=True)
    socket = await bench.open()
    socket.say("{]")
    refused = await socket.hear()
    assert (refused["type"], refused["reason"], refused["seq"]) == ("refused", "malformed", None)
    socket.say_bytes(b"\x00\x01")
    assert (await socket.hear())["reason"] == "malformed"
    socket.say(text(frame(1)))
    assert await socket.hear() == {"type": "ack", "seq": 1}
    assert [aside.raw for aside in bench.recorder.asides] == [b"{]", b"\x00\x01"]


async def test_a_refused_frame_is_told_after_the_commit_and_the_next_one_is_taken() -> None:
    bench = Bench()
    socket = await bench.open()
    socket.say(text(frame(1, measurements=[measurement(measured_at="2026-11-22T10:41:07")])))
    socket.say(text(frame(2)))
    await turns()
    bench.recorder.commit()
    refused = await socket.hear()
    assert (refused["seq"], refused["reason"], refused["where"]) == (1, "time_not_aware", "measurements[0].measured_at")
    assert await socket.hear() == {"type": "ack", "seq": 2}


async def test_too_many_malformed_frames_end_the_connection_with_a_reason() -> None:
    bench = Bench()
    socket = await bench.open()
    for _ in range(150):
        socket.say("{]")
    code, reason = await socket.closed()
    assert (code, reason) == (4400, "100 bad frames within 10 s")
    await socket.ended()
    assert len(bench.recorder.asides) == 100


async def test_readings_of_an_unbound_device_are_refused_by_name() -> None:
    bench = Bench(auto=True)
    bench.recorder.unbound = {"sim-room-1"}
    socket = await bench.open()
    socket.say(text(frame(1)))
    refused = await socket.hear()
    assert (refused["seq"], refused["reason"]) == (1, "device_unbound")
    bench.recorder.unbound = set()
    socket.say(text(frame(2)))
    assert await socket.hear() == {"type": "ack", "seq": 2}


async def test_busy_and_a_failed_write_are_told_and_the_frame_may_come_again() -> None:
    bench = Bench()
    socket = await bench.open()
    bench.recorder.is_busy = True
    socket.say(text(frame(1)))
    assert (await socket.hear())["reason"] == "busy"
    bench.recorder.is_busy = False
    socket.say(text(frame(1)))
    await turns()
    bench.recorder.fail()
    assert (await socket.hear())["reason"] == "busy"
    socket.say(text(frame(1)))
    await turns()
    bench.recorder.commit()
    assert await socket.hear() == {"type": "ack", "seq": 1}


async def test_another_cuff_value_is_asked_for() -> None:
    bench = Bench()
    socket = await bench.open()
    bench.recorder.callbacks["sim-room-1"](Vital.SYSTOLIC_BP, 60.0)
    assert await socket.hear() == {"type": "remeasure", "vital": "systolic_bp", "within_s": 60.0}


async def test_a_client_that_is_gone_ends_the_connection_quietly() -> None:
    bench = Bench()
    socket = await bench.open()
    socket.say(text(frame(1)))
    await turns()
    socket.is_gone = True  # nothing says so yet; the acknowledgement finds out
    bench.recorder.commit()
    await socket.ended()
    assert bench.recorder.events[-1] == ("left", "sim-room-1", "the connection was lost")
    assert bench.recorder.callbacks == {}


async def test_a_connection_that_the_server_closed_by_itself_ends_quietly() -> None:
    bench = Bench(auto=True)
    socket = await bench.open()
    socket.is_closed_by_server = True
    socket.say(text(frame(1)))
    await socket.ended()
    assert bench.recorder.events[-1] == ("left", "sim-room-1", "the connection was lost")


async def test_a_closed_connection_is_left_once() -> None:
    bench = Bench()
    socket = await bench.open()
    socket.hang_up()
    await socket.ended()
    assert [event for event in bench.recorder.events if event[0] == "left"] == [("left", "sim-room-1", "the connection was lost")]
    assert bench.line.connection is None


async def test_what_was_in_flight_when_the_line_was_cut_is_not_recorded_twice() -> None:
    bench = Bench()
    first = await bench.open()
    first.say(text(frame(1)))
    await turns()
    first.hang_up()
    await first.ended()
    second = await bench.open()
    second.say(text(frame(1)))
    second.say(text(frame(2)))
    await turns()
    bench.recorder.commit()
    assert await second.hear() == {"type": "ack", "seq": 2}
    assert bench.recorder.doubled == []


async def test_bye_is_told_to_the_recorder() -> None:
    bench = Bench()
    socket = await bench.open()
    socket.say('{"type":"bye","why":"end of shift"}')
    assert await socket.closed() == (1000, "bye: end of shift")
    await socket.ended()
    assert bench.recorder.events[-1] == ("left", "sim-room-1", "bye: end of shift")


async def test_a_newer_connection_takes_the_place_of_an_older_one() -> None:
    bench = Bench(auto=True)
    old = await bench.open()
    new = await bench.open()
    assert (await old.closed())[0] == 4409
    await old.ended()
    assert not [event for event in bench.recorder.events if event[0] == "left"]
    assert list(bench.recorder.callbacks) == ["sim-room-1"]  # the new one's
    new.say(text(frame(1)))
    assert await new.hear() == {"type": "ack", "seq": 1}


async def test_nothing_of_a_replaced_connection_is_taken_once_the_newer_one_is_welcomed() -> None:
    """Its frames would count as the newer boot's, or turn the device's place back to the boot that ended."""
    bench = Bench(auto=True)
    first = await bench.open()
    second = bench.connect()
    second.say(hello(boot="b2"))
    while ("joined", "sim-room-1", "b2", "spo2=1000") not in bench.recorder.events:
        await turns(1)
    first.say(text(frame(1)))
    await turns()
    assert bench.recorder.stored == {}
    assert (await first.closed())[0] == 4409


async def test_a_revoked_token_ends_the_connection_at_its_next_frame() -> None:
    bench = Bench(auto=True)
    socket = await bench.open()
    bench.valid = False
    socket.say(text(frame(1)))
    assert (await socket.closed())[0] == 4401
    assert bench.recorder.stored == {}


async def test_a_revoked_token_ends_a_silent_connection() -> None:
    bench = Bench(patience=Patience(hello_s=0.01, recheck_s=0.01))
    socket = await bench.open()
    bench.valid = False
    assert (await socket.closed())[0] == 4401


async def test_a_connection_without_a_hello_ends() -> None:
    bench = Bench(patience=Patience(hello_s=0.01))
    socket = bench.connect()
    assert (await socket.closed())[0] == 4408
    await socket.ended()
    assert bench.recorder.events == []


async def test_a_device_that_does_not_read_is_let_go() -> None:
    bench = Bench(auto=True, patience=Patience(send_s=0.01))
    socket = await bench.open()
    socket.stop_reading()
    socket.say(text(frame(1)))
    await socket.ended()
    assert bench.recorder.events[-1][2].startswith("an answer was not taken")


@pytest.mark.parametrize("fields", [{"mode": "real"}, {"device": "sim-room-2"}, {"protocol": 9}])
async def test_a_wrong_hello_is_refused_before_the_connection_is_closed(fields: dict[str, Any]) -> None:
    bench = Bench()
    socket = bench.connect()
    socket.say(hello(**fields))
    assert (await socket.hear())["type"] == "refused"
    assert (await socket.closed())[0] in {4400, 4403}
    assert bench.recorder.events == []


async def test_an_unforeseen_error_is_not_swallowed() -> None:
    bench = Bench()
    socket = await bench.open()
    bench.recorder.frame = None  # type: ignore[assignment,method-assign]  # a bug in the recorder
    socket.say(json.dumps(frame(1)))
    with pytest.raises(TypeError):
        await socket.ended()
    assert bench.recorder.events[-1][0] == "left"
