"""What the parameters of a Space pump are: numbers, names, states, alarms. Pure tables, by the names of the wire."""

from decimal import Decimal
from typing import Final

from monitor.adapters.doubts import Doubt
from monitor.adapters.quantities import Quantity, number_of
from monitor.adapters.said import DeviceText, DeviceValue, Origin, clipped, measured, missing

NO_VALUE: Final = "_NV"
RATE, BOLUS, PUMPING, STANDBY, DOSE_MODE = "INRT", "INM2", "INM3", "INM6", "INDOCAL"
MODEL, SERIAL = "GNNEW", "INSERNUM"
_VALUES: Final = {
    "INVTB": (Quantity.VOLUME_TO_INFUSE, "mL"),
    "INVI": (Quantity.VOLUME_INFUSED, "mL"),
    "INVOLACT": (Quantity.VOLUME_REMAINING, "mL"),
    "INBOVAL": (Quantity.BOLUS_VOLUME, "mL"),
    "INRMT": (Quantity.TIME_REMAINING, "s"),
    "INP2": (Quantity.LINE_PRESSURE, "%"),
}
_WITHOUT_END: Final = Decimal(65_535)  # INRMT of a pump that ends nowhere
_DOSES: Final = {"INDCON": (Quantity.CONCENTRATION, "INDCONU"), "INDORT": (Quantity.DOSE_RATE, "INDORTU")}
"""Parameter -> what it is, the parameter with the number of its unit. They mean something in dose mode alone."""
_UNITS: Final = {"31": "mg/mL", "32": "ug/mL", "47": "mg/min", "48": "mg/h", "50": "ug/min", "51": "ug/h"}
"""Those that become one of ours without the patient's weight; any other stays as it is on the wire."""
_TEXTS: Final = {"INSOL": "drug", "INSOLSN": "drug_short", "INSOLID": "drug_id"}
STATES: Final = {BOLUS: "bolus", PUMPING: "pumping", "INM10": "keep vein open"}
ALARMS: Final = {
    "INA1": ("battery empty", None),
    "INA2": ("syringe empty", Quantity.VOLUME_REMAINING),
    "INA3": ("pressure", Quantity.LINE_PRESSURE),
    "INA4": ("standby ends in two minutes", None),
    "INA5": ("standby over", None),
    "INA6": ("CC alarm", None),
    "INA7": ("end of volume", Quantity.VOLUME_TO_INFUSE),
    "INA8": ("time over", Quantity.TIME_REMAINING),
    "INA9": ("syringe", None),
    "INA11": ("battery nearly empty", None),
    "INA12": ("syringe nearly empty", Quantity.VOLUME_REMAINING),
    "INA13": ("door open", None),
    "INA14": ("drops", None),
    "INA15": ("air", None),
    "INA16": ("end of keep vein open", None),
}
"""The pump's alarms and pre-alarms -> what they say, about what."""
SWITCHES: Final = frozenset({STANDBY, *STATES, *ALARMS})
READ: Final = SWITCHES | {RATE, DOSE_MODE, MODEL, SERIAL, *_VALUES, *_DOSES, *_TEXTS, *(unit for _, unit in _DOSES.values())}


def says_something(name: str, value: str) -> bool:
    """A switch knows two values; what it was before holds beyond any other."""
    return value in {"0", "1"} if name in SWITCHES else value != NO_VALUE


def values_of(fields: dict[str, str]) -> tuple[DeviceValue, ...]:
    values = [_plain(name, fields[name]) for name in _VALUES if name in fields]
    doses = [_dose(name, fields) for name in _DOSES if name in fields]
    return (*([_rate(fields)] if RATE in fields else []), *values, *doses)


def texts_of(fields: dict[str, str]) -> tuple[DeviceText, ...]:
    return tuple(
        DeviceText(name, Origin(code, clipped(fields[code])))
        for code, name in _TEXTS.items()
        if fields.get(code, NO_VALUE) not in {"", NO_VALUE}
    )


def _rate(fields: dict[str, str]) -> DeviceValue:
    """The wire has one rate. It is what the pump delivers only while it says that it pumps, and not in a bolus, which has its own."""
    delivers = fields.get(PUMPING) == "1" and fields.get(BOLUS) != "1"
    return _number(Quantity.INFUSION_RATE if delivers else Quantity.INFUSION_RATE_SET, Origin(RATE, clipped(fields[RATE])), "mL/h")


def _plain(name: str, text: str) -> DeviceValue:
    quantity, unit = _VALUES[name]
    origin = Origin(name, clipped(text))
    return missing(quantity, origin) if name == "INRMT" and number_of(text) == _WITHOUT_END else _number(quantity, origin, unit)


def _dose(name: str, fields: dict[str, str]) -> DeviceValue:
    quantity, of_unit = _DOSES[name]
    code = fields.get(of_unit, "")
    origin = Origin(name, clipped(fields[name]), clipped(code))
    if fields.get(DOSE_MODE) != "1":
        return missing(quantity, origin)  # outside dose mode the pump writes 0
    return _number(quantity, origin, _UNITS.get(code, ""))


def _number(quantity: Quantity, origin: Origin, unit: str) -> DeviceValue:
    if origin.value in {"", NO_VALUE}:
        return missing(quantity, origin)
    number = number_of(origin.value)
    return measured(quantity, number, unit, origin, frozenset({Doubt.NOT_A_NUMBER}) if number is not None and number < 0 else frozenset())
