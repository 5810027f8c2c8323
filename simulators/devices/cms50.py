"""A virtual Contec CMS50D+: the frames of its live stream. Pure; `wires` carries them."""

import msgspec


class Cms50State(msgspec.Struct, frozen=True):
    """Whole % and 1/min (at most 254), None for no value."""

    spo2: int | None
    pulse_rate: int | None
    is_finger_out: bool = False
    is_dropping: bool = False
    is_probe_error: bool = False
    is_searching: bool = False
    strength: int = 8


def frame(state: Cms50State, pleth: int = 40, *, is_beat: bool = False) -> bytes:
    """`pleth`: 0 to 127."""
    rate = 255 if state.pulse_rate is None else state.pulse_rate
    spo2 = 127 if state.spo2 is None else state.spo2
    first = 0x80 | state.strength | state.is_finger_out << 4 | state.is_dropping << 5 | is_beat << 6
    third = pleth >> 3 | state.is_probe_error << 4 | state.is_searching << 5 | rate >> 7 << 6
    return bytes([first, pleth, third, rate & 0x7F, spo2])


def second(state: Cms50State) -> bytes:
    """Sixty frames, the wave running through them, a beat in the first."""
    return b"".join(frame(state, pleth=30 + place, is_beat=place == 0) for place in range(60))
