"""How many HL7 messages one connection's codec reads in a second of CPU: of monitors, a pump and an alarm, as they come by turns.

Values, times and numbers of messages go on from message to message as a device's do, a cuff every two minutes: no message comes twice.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Final

from monitor.adapters.base import CodecSettings
from monitor.adapters.registry import codec_of
from simulators.devices.hl7 import Cuff, Hl7State, PumpState, ge, mindray, mindray_alarm, philips, space_pump
from simulators.devices.mllp import framed

_AT: Final = datetime(2026, 11, 22, 10, 41, 7)  # noqa: DTZ001 - a device's wall clock has no zone
_AT_MS: Final = 1_795_344_067_000
_CUFF_S: Final = 120


def measure_hl7(messages: int, rounds: int) -> dict[str, float]:
    """The median of the rounds, each with a codec and messages of its own."""
    speeds, length = [], 0
    for seed in range(rounds):
        frames = list(islice(_frames(Random(seed)), messages))
        length += sum(map(len, frames))
        codec, began = codec_of("hl7", CodecSettings()), time.process_time()
        for number, frame in enumerate(frames):
            codec.feed(frame, _AT_MS + number)
        speeds.append(messages / (time.process_time() - began))
    return {"hl7.messages_per_cpu_s": statistics.median(speeds), "hl7.bytes_a_message": length / messages / rounds}


def _frames(rng: Random) -> Iterator[bytes]:
    """Each device speaks once a second."""
    heart, breaths, systolic, number = 72.0, 14.0, 118.0, 0
    cuff = Cuff(118, 74, 89, _AT)
    for second in range(1, 86_400):
        at = _AT + timedelta(seconds=second)
        heart, breaths = (min(max(now + rng.gauss(0, 1), low), high) for now, low, high in ((heart, 45, 130), (breaths, 6, 24)))
        if second % _CUFF_S == 0:
            systolic = min(max(systolic + rng.gauss(0, 5), 85), 180)
            cuff = Cuff(round(systolic), round(systolic * 0.63), round(systolic * 0.75), at)
        spo2 = rng.choice((95, 96, 97, 98))
        state = Hl7State(round(heart), spo2, round(heart + rng.gauss(0, 1)), round(breaths), rng.randrange(33, 43), cuff)
        pump = PumpState(25.0, 0.0, round(4.2 + second * 25 / 3_600, 2), why_not="pump-stopped-occlusion")
        for say in (mindray, philips, ge):
            yield framed(say(at, number := number + 1, state))
        yield framed(mindray_alarm(at, number := number + 1, spo2 - 9, "start"))
        yield framed(space_pump(at, number := number + 1, pump))
