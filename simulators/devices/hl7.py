"""Virtual HL7 monitors: the messages of three makers' dialects, each with its traps. Pure; `mllp` carries them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

SIMULATED: Final = "D"  # MSH-11: debugging
PATIENT: Final = "P"


class Cuff(msgspec.Struct, frozen=True):
    """The last cuff, mmHg, by the device's own wall clock. A monitor repeats it until the next."""

    systolic: int
    diastolic: int
    mean: int
    at: datetime


class Hl7State(msgspec.Struct, frozen=True):
    """What the display shows: 1/min, %, mmHg; None where it shows none. `processing` is MSH-11."""

    heart_rate: int | None = None
    spo2: int | None = None
    pulse_rate: int | None = None
    respiratory_rate: int | None = None
    etco2: int | None = None
    cuff: Cuff | None = None
    processing: str = SIMULATED


Dialect = Callable[[datetime, int, Hl7State], bytes]
"""(device's wall clock, message number, display) -> a message without its frame."""

_MINDRAY: Final = "MINDRAY_EGATEWAY^00A03700273EDE18^EUI-64"


def mindray(at: datetime, number: int, state: Hl7State) -> bytes:
    """eGateway: codes of IEEE 11073, an offset in every stamp, the device named in the first OBX alone, the cuff with its own time."""
    stamp = f"{at:%Y%m%d%H%M%S}.0000+0200"
    rows = [
        ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "1.3.1.150456", _shown(state.spo2), "262688^MDC_DIM_PERCENT^MDC", stamp),
        ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "1.3.1.149530", _shown(state.pulse_rate), "264864^MDC_DIM_BEAT_PER_MIN^MDC", stamp),
        ("151578^MDC_TTHOR_RESP_RATE^MDC", "1.7.1.151578", _shown(state.respiratory_rate), "264928^MDC_DIM_RESP_PER_MIN^MDC", stamp),
        ("147842^MDC_ECG_HEART_RATE^MDC", "1.7.4.147842", _shown(state.heart_rate), "264864^MDC_DIM_BEAT_PER_MIN^MDC", stamp),
    ]
    if cuff := state.cuff:
        then = f"{cuff.at:%Y%m%d%H%M%S}.0000+0200"
        named = (
            ("150301^MDC_PRESS_CUFF_SYS", cuff.systolic),
            ("150302^MDC_PRESS_CUFF_DIA", cuff.diastolic),
            ("150303^MDC_PRESS_CUFF_MEAN", cuff.mean),
        )
        rows += [(f"{code}^MDC", f"1.1.9.{code[:6]}", str(value), "266016^MDC_DIM_MMHG^MDC", then) for code, value in named]
    header = f"MSH|^~\\&|{_MINDRAY}|MINDRAY|||{stamp}||ORU^R01^ORU_R01|{number}|{state.processing}|2.6|||AL|NE||UNICODE UTF-8"
    lines = [header, "PV1||I|Recovery^^5", f"OBR|1|{number}^{_MINDRAY}|{number}^{_MINDRAY}|182777000^monitoring of patient^SCT|||{stamp}"]
    for place, (code, channel, value, unit, time) in enumerate(rows, 1):
        device = "||||000F14049B507238^VIRTUAL^000F14049B507238^EUI-64" if place == 1 else ""
        lines.append(f"OBX|{place}|NM|{code}|{channel}|{value}|{unit}|||||R|||{time}{device}")
    return _message(lines)


def philips(at: datetime, number: int, state: Hl7State) -> bytes:
    """Efficia: Philips' own codes in hexadecimal, no OBX-1, no zone, one time for all of it, so nobody can tell how old its cuff is."""
    stamp = f"{at:%Y%m%d%H%M%S}"
    rows = [
        ("0002-4182^HR", state.heart_rate, "0004-0aa0^bpm"),
        ("0002-4bb8^SpO2", state.spo2, "0004-0220^%"),
        ("0002-480a^Pulse", state.pulse_rate, "0004-0aa0^bpm"),
        ("0002-5000^Resp", state.respiratory_rate, "0004-0ae0^rpm"),
    ]
    if cuff := state.cuff:
        rows += [
            ("0002-4a05^NBPs", cuff.systolic, "0004-0f20^mmHg"),
            ("0002-4a06^NBPd", cuff.diastolic, "0004-0f20^mmHg"),
            ("0002-4a07^NBPm", cuff.mean, "0004-0f20^mmHg"),
        ]
    lines = [
        f"MSH|^~\\&|^EfficiaCM||||{stamp}||ORU^R01^ORU_R01|CN{number}|{state.processing}|2.4",
        "PV1|||^^5",
        f"OBR||||MONITOR|||{stamp}|||",
    ]
    lines += [f"OBX||NM|{code}^MDIL||{_shown(value)}|{unit}^MDIL|||||F" for code, value, unit in rows]
    return _message(lines)


def ge(at: datetime, number: int, state: Hl7State) -> bytes:
    """B40: lines that only open a device or a channel, no time of the observation, application acknowledgements."""
    stamp = f"{at:%Y%m%d%H%M%S}"
    rows = [
        ("69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS", "1.0.0.0", None, ""),
        ("147842^MDC_ECG_HEART_RATE", "1.5.1.1", _shown(state.heart_rate), "264864^MDC_DIM_BEAT_PER_MIN"),
        ("69766^MDC_DEV_GEN_CONC_AWAY_VMD", "1.11.0.0", None, ""),
        ("151712^MDC_CONC_AWAY_CO2_EXP", "1.11.1.1", _shown(state.etco2), "266016^MDC_DIM_MMHG"),
        ("149530^MDC_PULS_OXIM_PULS_RATE", "1.22.1.1", _shown(state.pulse_rate), "264864^MDC_DIM_BEAT_PER_MIN"),
        ("150456^MDC_PULS_OXIM_SAT_O2", "1.22.1.2", _shown(state.spo2), "262688^MDC_DIM_PERCENT"),
    ]
    kind = f"ORU^R01^ORU_R01|{number:09d}EC|{state.processing}|2.6|||NE|AL||UNICODE UTF-8"
    header = f"MSH|^~\\&|VSP^080019FFFE1443EC^EUI-64|GE Healthcare|||{stamp}||{kind}"
    lines = [header, "PV1||E|X^^5", f"OBR|1|{number}^VSP|{number}^VSP|182777000^monitoring of patient^SCT|||{stamp}"]
    for place, (code, channel, value, unit) in enumerate(rows, 1):
        if value is None:
            lines.append(f"OBX|{place}||{code}^MDC|{channel}|||||||X")
        else:
            lines.append(f"OBX|{place}|NM|{code}^MDC|{channel}|{value}|{unit}^MDC|||||R|||||||080019FFFE1443EC^B40_VIRTUAL")
    return _message(lines)


def mindray_alarm(at: datetime, number: int, spo2: int, phase: str) -> bytes:
    """Low SpO2 as an IHE PCD-04 alarm; `phase`: start, continue or end."""
    stamp = f"{at:%Y%m%d%H%M%S}+0200"
    state = "inactive" if phase == "end" else "active"
    return _message(
        [
            f"MSH|^~\\&|{_MINDRAY}|MINDRAY|||{stamp}||ORU^R40^ORU_R40|{number}|{SIMULATED}|2.6|||AL|NE||UNICODE UTF-8",
            "PV1||I|Recovery^^5",
            f"OBR|1|{number}^{_MINDRAY}|{number}^{_MINDRAY}|196616^MDC_EVT_ALARM^MDC|||{stamp}",
            f"OBX|1|ST|196670^MDC_EVT_LO^MDC|1.3.1.150456.1|Low SpO2|||L~PM~SP|||F|||{stamp}||||000F14049B507238^VIRTUAL",
            f"OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456.2|{spo2}|262688^MDC_DIM_PERCENT^MDC|90-100||||F|||{stamp}",
            f"OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.3.1.150456.3|{phase}||||||F",
            f"OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.3.1.150456.4|{state}||||||F",
            "OBX|5|ST|68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1.3.1.150456.5|enabled||||||F",
        ]
    )


class PumpState(msgspec.Struct, frozen=True):
    """mL/h and mL as the pump shows them; `why_not`: the reason for which it stands, empty while it delivers."""

    rate_set: float
    rate: float
    infused: float
    concentration: float = 2.0  # mg/mL
    why_not: str = ""


def space_pump(at: datetime, number: int, state: PumpState) -> bytes:
    """A syringe pump as IHE PCD-01 has it: the programmed and the delivered rate, what was given, whether it delivers and why not."""
    stamp, serial = f"{at:%Y%m%d%H%M%S}+0000", "PAT_DEVICE_VIRTUAL^0012211839000002^EUI-64"
    infusing, delivering = ("infusing", "delivering") if not state.why_not else ("not-infusing", "not-delivering")
    per_hour, volume = "265266^MDC_DIM_MILLI_L_PER_HR^MDC", "263762^MDC_DIM_MILLI_L^MDC"
    rows = [
        "|70053^MDC_DEV_PUMP_INFUS_SYRINGE_MDS^MDC|1.0.0.0|||||||X|||||||P00001^^0012210000000001^EUI-64",
        f"CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.1.1|^pump-status-{infusing}||||||R",
        f"NM|158014^MDC_FLOW_FLUID_PUMP_CURRENT^MDC|1.1.1.2|{state.rate}|{per_hour}|||||R",
        f"CWE|158005^MDC_PUMP_CURRENT_DELIVERY_STATUS^MDC|1.1.2.2|^pump-delivery-status-{delivering}||||||R",
        f"NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.2.4|{state.rate_set}|{per_hour}|||||R",
        f"NM|157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC|1.1.2.5|{state.infused}|{volume}|||||R",
        "ST|184514^MDC_DRUG_NAME_TYPE^MDC|1.1.2.6|Ketamine||||||R",
        f"NM|157760^MDC_CONC_DRUG^MDC|1.1.2.7|{state.concentration}|264306^MDC_DIM_MILLI_G_PER_ML^MDC|||||R",
    ]
    if state.why_not:
        rows.append(f"CWE|158006^MDC_PUMP_NOT_DELIVERING_REASON^MDC|1.1.2.3|^{state.why_not}||||||R")
    header = f"MSH|^~\\&|{serial}|VIRTUAL|||{stamp}||ORU^R01^ORU_R01|{number}|{SIMULATED}|2.6|||AL|NE||ASCII"
    order = f"OBR|1|{number}|{number}|1^Infusion|||{stamp}"
    return _message([header, "PID|||Unknown Patient", order, *(f"OBX|{place}|{row}" for place, row in enumerate(rows, 1))])


DIALECTS: Final[dict[str, Dialect]] = {"mindray": mindray, "philips": philips, "ge": ge}


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _message(lines: list[str]) -> bytes:
    return "".join(f"{line}\r" for line in lines).encode()
