"""A virtual Nonin module: the packets of serial data formats 2 and 7. Pure; `wires` carries them."""

from collections.abc import Sequence
from typing import Final

import msgspec

GREEN: Final = 0x02
RED: Final = 0x04
YELLOW: Final = 0x06
SENSOR_ALARM: Final = 0x08
OUT_OF_TRACK: Final = 0x10
ARTIFACT: Final = 0x20
DISCONNECTED: Final = 0x40
REVISION: Final = 48
_FRAMES: Final = 25


class NoninState(msgspec.Struct, frozen=True):
    """Whole % and 1/min, None for no value. `status`: bits in every frame; `pulse`: bits in the one frame of a heart beat."""

    spo2: int | None
    pulse_rate: int | None
    status: int = 0
    pulse: int = 0


def packet(state: NoninState, pleth: Sequence[int] = (1,)) -> bytes:
    """125 bytes of format 2. `pleth`: 0 to 255, repeated as needed."""
    return b"".join(
        _summed(bytes([1, _status(state, place), pleth[place % len(pleth)], value])) for place, value in enumerate(_values(state))
    )


def wide_packet(state: NoninState, pleth: Sequence[int] = (16_384,)) -> bytes:
    """125 bytes of format 7. `pleth`: 0 to 65,535."""
    return b"".join(
        _summed(bytes([_status(state, place), *pleth[place % len(pleth)].to_bytes(2, "big"), value]))
        for place, value in enumerate(_values(state))
    )


def _values(state: NoninState) -> list[int]:
    """By their numbers in the packet, from 1."""
    rate = 511 if state.pulse_rate is None else state.pulse_rate
    spo2 = 127 if state.spo2 is None else state.spo2
    values = [0] * (_FRAMES + 1)
    for high in (1, 14, 20, 22):
        values[high], values[high + 1] = rate >> 7, rate & 0x7F
    for place in (3, 9, 10, 11, 16, 17):
        values[place] = spo2
    values[4] = REVISION
    return values[1:]


def _status(state: NoninState, place: int) -> int:
    return 0x80 | (place == 0) | state.status | (state.pulse if place == 7 else 0)


def _summed(four: bytes) -> bytes:
    return four + bytes([sum(four) % 256])
