"""The columns of an event's row in a table, beside its text."""

import msgspec

from schemas.log import AlertChanged, Body, BolusGiven, DeviceBound, DeviceJoined, DeviceLeft, DeviceUnbound, RateSet, RemeasureRequested
from schemas.vitals import format_milli


class EventCells(msgspec.Struct, frozen=True):
    """`value` is a decimal number in `unit`, or empty. `mode` is empty where it is the session's. `reason` is that of an alert."""

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
        case RateSet():
            return EventCells(value=format_milli(body.rate_ug_per_min), unit="mg/min")
        case BolusGiven():
            return EventCells(value=format_milli(body.amount_ug), unit="mg")
        case AlertChanged():
            return EventCells(vital=body.alert.vital or "", reason=body.why)
        case RemeasureRequested():
            return EventCells(vital=body.vital)
        case _:
            return _NOTHING
