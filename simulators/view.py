"""What is being sent, for a terminal: a row for each bed. It looks at the simulator alone; what arrived, the monitor says."""

from collections.abc import Iterable

import msgspec
from rich.table import Table

from schemas.vitals import Vital
from simulators.bed import Bed
from simulators.bed_feed import Line

_NONE = "---"


class Seat(msgspec.Struct, frozen=True):
    """One bed of a run: where it is, who lies there, what stands beside it."""

    room: str
    bed: Bed
    line: Line


def table(seats: Iterable[Seat]) -> Table:
    """All beds as they are now."""
    drawn = Table(title="SIMULATED: what the beds send", title_justify="left", expand=True)
    for heading in ("Room", "Scenario", "Phase", "min"):
        drawn.add_column(heading, no_wrap=True)
    for heading in ("HR", "SpO2", "RR", "EtCO2", "Cuff", "mg/min", "given mg"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("Wrong now")
    drawn.add_column("On record", justify="right")
    for seat in seats:
        drawn.add_row(*cells(seat))
    return drawn


def cells(seat: Seat) -> tuple[str, ...]:
    """One row, as text."""
    bed, counts, sent = seat.bed, seat.line.client.counts, seat.line.sent
    cuff = f"{shown(sent, Vital.SYSTOLIC_BP)}/{shown(sent, Vital.DIASTOLIC_BP)}"
    return (
        seat.room,
        bed.scenario.name,
        bed.phase,
        f"{bed.script_min:.1f}",
        shown(sent, Vital.HEART_RATE),
        shown(sent, Vital.SPO2),
        shown(sent, Vital.RESPIRATORY_RATE),
        shown(sent, Vital.ETCO2),
        cuff,
        f"{bed.rate_mg_per_min:.2f}",
        f"{bed.infused_mg:.1f}",
        ", ".join(str(event.__struct_config__.tag) for event in bed.scenario.event if event.holds(bed.script_min)),
        f"{counts.acked} of {counts.put}" + (f", {counts.dropped} DROPPED" if counts.dropped else ""),
    )


def shown(sent: dict[Vital, float | None], vital: Vital) -> str:
    """The last value that was sent; `---` where it was none or there was none yet."""
    value = sent.get(vital)
    return _NONE if value is None else f"{value:g}"
