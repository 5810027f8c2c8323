"""Invented wards of any size, with one room of every kind in turn: for what depends on how many rooms there are."""

from msgspec.structs import replace

from schemas.measurement import Mode
from schemas.session import Patient
from schemas.stream_wire import SessionNow
from tests.support import stub_ward

RARE = {
    1: 2,
    4: 0,
    9: 4,
    12: 3,
    15: 5,
}  # room modulo 16 -> which of the six rooms of `stub_ward.ward`: bad, fast, without SpO2, recovering, before


def rooms(count: int, *, mode: Mode = Mode.SIMULATED) -> list[SessionNow]:
    """`count` sessions in rooms 1 to `count`. Every second one is of `mode`, the others are real."""
    kinds = stub_ward.ward()
    found = []
    for number in range(1, count + 1):
        kind = kinds[RARE.get(number % 16, 1)]
        calm = replace(kind, vitals=stub_ward.vitals()) if number % 16 not in RARE else kind
        one = replace(calm, id=f"S-{number:06d}", room=str(number), patient=Patient(birth_year=1980, label="A.B.", weight_g=70_000))
        found.append(stub_ward.simulated(one, mode) if number % 2 and mode is not Mode.REAL else one)
    return found
