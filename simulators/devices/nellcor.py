"""A virtual Nellcor N-560: the lines of its data port. Pure; `wires` carries them."""

from datetime import datetime
from typing import Final

import msgspec

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FLAGS_AT: Final = 44  # column; AO and AS stand apart
_SOUND_AT: Final = 59
_SOUND: Final = {"AO", "AS"}


class NellcorState(msgspec.Struct, frozen=True):
    """What the display shows: whole % and 1/min, None for dashes. `flags`: two letters each."""

    spo2: int | None
    pulse_rate: int | None
    amplitude: int | None = 88
    flags: tuple[str, ...] = ()


def headings(spo2: str = "95-100%", rate: str = "59-148BPM") -> bytes:
    """The three lines above the numbers. `spo2` and `rate`: the oximeter's limits."""
    first = f"N-560    VERSION 1.61.00    CRC:XXXX  SpO2 Limit: {spo2}    PR Limit: {rate}"
    return "\r\n".join([first, f"{'ADULT':>34}{'25SAT-S':>18} ", f"{'TIME':21}%SpO2   BPM     PA     Status", ""]).encode("ascii")


def line(at: datetime, state: NellcorState, star: str = "") -> bytes:
    """`at`: the device's own wall clock. `star`: which of "spo2" and "rate" is marked as outside its limits."""
    text = f"{at:%d}-{_MONTHS[at.month - 1]}-{at:%y %H:%M:%S}   {_number(state.spo2)}{_mark('spo2', star)}    "
    text += f"{_number(state.pulse_rate)}{_mark('rate', star)}    {_number(state.amplitude)}"
    apart = " ".join(flag for flag in state.flags if flag in _SOUND)
    beside = " ".join(flag for flag in state.flags if flag not in _SOUND)
    if beside:
        text = text.ljust(_FLAGS_AT) + beside
    if apart:
        text = text.ljust(_SOUND_AT) + apart
    return (text + "\r\n").encode("ascii")


def _number(number: int | None) -> str:
    return "---" if number is None else f"{number:3d}"


def _mark(name: str, star: str) -> str:
    return "*" if name == star else " "
