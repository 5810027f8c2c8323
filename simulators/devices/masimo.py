"""A virtual Masimo oximeter: the lines of its serial ASCII output. Pure; `wires` carries them."""

from datetime import datetime
from typing import Final

import msgspec

NO_SENSOR: Final = 0x1
LOW_PERFUSION: Final = 0x4
SENSOR_OFF: Final = 0x20
_SIGNAL_PROCESSING: Final = 0x800  # in every line


class MasimoState(msgspec.Struct, frozen=True):
    """What the display shows: whole % and 1/min, None for dashes. `exceptions` and `alarms` are bits of EXC and ALARM."""

    spo2: int | None
    pulse_rate: int | None
    perfusion_index: float | None = 4.96
    exceptions: int = 0
    alarms: int = 0
    serial: str = "0000145838"


def line(at: datetime, state: MasimoState) -> bytes:
    """One line. `at`: the device's own wall clock; its zone is not on the wire."""
    extra = "SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+--"
    bits = f"ALARM={state.alarms:04X} EXC={state.exceptions | _SIGNAL_PROCESSING:06X}"
    return f"{at:%m/%d/%y %H:%M:%S} SN={state.serial} {_numbers(state)} {extra} {bits}\r\n".encode("ascii")


def older_line(at: datetime, state: MasimoState) -> bytes:
    """The shorter line of the first oximeters: no serial number, no extra channels, fewer digits."""
    bits = f"ALARM={state.alarms:02X} EXC={state.exceptions | _SIGNAL_PROCESSING:03X}"
    return f"{at:%m/%d/%y %H:%M:%S} {_numbers(state)} {bits}\r\n".encode("ascii")


def _numbers(state: MasimoState) -> str:
    spo2 = "---" if state.spo2 is None else f"{state.spo2:03d}"
    pulse = "---" if state.pulse_rate is None else f"{state.pulse_rate:03d}"
    perfusion = "--.--" if state.perfusion_index is None else f"{state.perfusion_index:05.2f}"
    return f"SPO2={spo2}% BPM={pulse} PI={perfusion}%"
