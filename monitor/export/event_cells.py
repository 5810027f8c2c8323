"""The columns of an event's row in a table, beside its text."""

import msgspec

from schemas.announcement import DeviceAnnounced
from schemas.log import (
    AlertChanged,
    AudioPaused,
    Body,
    BolusGiven,
    DeviceBound,
    DeviceJoined,
    DeviceLeft,
    DeviceUnbound,
    DrugDrawn,
    DrugWasted,
    LimitChanged,
    LimitProposed,
    ObservationCharted,
    RateSet,
    RemeasureRequested,
    ScreensChanged,
)
from schemas.signs import SIGNS
from schemas.vitals import format_milli


class EventCells(msgspec.Struct, frozen=True):
    """`value` is a decimal number in `unit`, or empty; `unit` may be a device's own word. `mode` is empty where it is the session's.
    `reason` is that of an alert."""

    device: str = ""
    mode: str = ""
    vital: str = ""
    value: str = ""
    unit: str = ""
    reason: str = ""


_NOTHING = EventCells()


def event_cells(body: Body) -> EventCells:
    """What an event has beside its text; kinds that have nothing more give empty cells."""
    match body:
        case DeviceBound():
            return EventCells(device=body.device, mode=body.mode)
        case DeviceUnbound() | DeviceJoined() | DeviceLeft():
            return EventCells(device=body.device)
        case DeviceAnnounced():
            return _announced(body)
        case RateSet():
            return EventCells(value=format_milli(body.rate_ug_per_min), unit="mg/min")
        case BolusGiven() | DrugDrawn() | DrugWasted():
            return EventCells(value=format_milli(body.amount_ug), unit="mg")
        case AlertChanged():
            return EventCells(vital=body.alert.vital or "", reason=body.why)
        case RemeasureRequested():
            return EventCells(vital=body.vital)
        case ObservationCharted():
            return EventCells(value=str(body.value), unit=SIGNS[body.sign].unit)
        case ScreensChanged():
            return EventCells(value=str(body.screens))
        case AudioPaused():
            return EventCells(value=format_milli(body.for_ms), unit="s")
        case LimitProposed():
            return EventCells(vital=body.vital, value=format_milli(body.limit_milli), unit=SIGNS[body.vital].unit)
        case LimitChanged():
            return EventCells(vital=body.vital, value=format_milli(body.new_milli), unit=SIGNS[body.vital].unit)
        case _:
            return _NOTHING


def _announced(body: DeviceAnnounced) -> EventCells:
    """One figure alone has its value; of several a cell could hold only one, and the text has them all."""
    if len(body.facts) != 1 or body.facts[0].turn is not None or body.facts[0].value_milli is None:
        return EventCells(device=body.device, mode=body.mode)
    return EventCells(device=body.device, mode=body.mode, value=format_milli(body.facts[0].value_milli), unit=body.facts[0].unit)
