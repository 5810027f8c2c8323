"""A calm patient for some minutes, with events on top, and what left the bed."""

import msgspec

from schemas.device_wire import Frame, WireMeasurement
from schemas.vitals import Vital
from simulators.bed import Bed, BedScript
from simulators.events import Event
from simulators.scenario import load_scenario

START_MS = 1_760_000_000_000


class Played:
    """Frames, true vitals, what was hidden and how often the monitor had been switched on, one a second."""

    def __init__(self, *events: Event, minutes: float = 14, seed: int = 3, capnograph: bool = False) -> None:
        bed = Bed(msgspec.structs.replace(load_scenario("uneventful"), event=events, capnograph=capnograph), seed, START_MS)
        script = BedScript(bed)
        self.frames: list[Frame] = []
        self.hidden: list[frozenset[Vital]] = []
        self.truth = []
        self.boots: list[int] = []
        while bed.elapsed_s < minutes * 60:
            script.step()
            self.frames.append(bed.next_frame())
            self.hidden.append(bed.hidden)
            self.truth.append(bed.truth)
            self.boots.append(bed.boots)

    def parts(self, from_s: int, to_s: int) -> list[WireMeasurement]:
        """Measurements of these seconds."""
        return [part for frame in self.frames[from_s:to_s] for part in frame.measurements]

    def values(self, vital: Vital, from_s: int, to_s: int) -> list[float | None]:
        return [
            reading.value
            for frame in self.frames[from_s:to_s]
            for part in frame.measurements
            for reading in part.readings
            if reading.vital is vital
        ]

    def numbers(self, vital: Vital, from_s: int, to_s: int) -> list[float]:
        return [value for value in self.values(vital, from_s, to_s) if value is not None]
