"""The devices' own alarms: PCD-04 in its makers' forms, and Efficia's text lines."""

from datetime import datetime

import pytest

from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Phase, Said
from schemas.alert import AlertKind, Priority
from schemas.measurement import Mode
from simulators.devices.hl7 import mindray_alarm
from tests.unit.adapters.hl7_said import Bedside, events, header, measurements, replies, unmapped

AT = datetime(2026, 11, 22, 10, 41, 7)
R40 = "ORU^R40^ORU_R40"
OBR = "OBR|1|||196616^MDC_EVT_ALARM^MDC|||20260701120000"


def _alarm(*rows: str, rest: str = "P|2.6|||AL|NE") -> list[Said]:
    return Bedside().hears(header(kind=R40, rest=rest), OBR, *rows)


def test_an_alarm_from_start_to_end_has_one_key() -> None:
    bedside = Bedside()
    said = [
        item
        for n, phase in enumerate(("start", "continue", "end"))
        for item in bedside.hears(mindray_alarm(AT, n, 88 + n, phase).decode().rstrip("\r"))
    ]
    told = events(said)
    assert [item.phase for item in told] == [Phase.START, Phase.CONTINUE, Phase.END]
    assert {(item.key, item.text, item.kind, item.priority, item.about, item.limits) for item in told} == {
        ("196670^MDC_EVT_LO 1.3.1.150456", "Low SpO2", AlertKind.PHYSIOLOGICAL, Priority.MEDIUM, Quantity.SPO2, "90-100")
    }
    assert [item.origin.value for item in told if item.origin is not None] == ["88", "89", "90"]
    assert {item.mode for item in told} == {Mode.SIMULATED}
    assert not measurements(said), "a number inside an alarm is no measurement"


@pytest.mark.parametrize("phase_number,state_number", [("68165", "68166"), ("68481", "68482"), ("0", "")])  # noqa: PT006
def test_the_parts_are_known_by_their_names(phase_number: str, state_number: str) -> None:
    """Dräger and GE number them otherwise than Mindray."""
    (event,) = events(
        _alarm(
            "OBX|1|ST|196670^MDC_EVT_LO^MDC|1.3.1.1|Low",
            f"OBX|2|ST|{phase_number}^MDC_ATTR_EVENT_PHASE^MDC|1.3.1.3|end",
            f"OBX|3|ST|{state_number}^MDC_ATTR_ALARM_STATE^MDC|1.3.1.4|inactive",
            "OBX|4|ST|68484^MDC_ATTR_ALARM_PRIORITY^MDC|1.3.1.6|PH",
            "OBX|5|ST|68485^MDC_ATTR_ALERT_TYPE^MDC|1.3.1.7|ST",
        )
    )
    assert (event.phase, event.priority, event.kind) == (Phase.END, Priority.HIGH, AlertKind.TECHNICAL)


@pytest.mark.parametrize(
    ("phase", "state", "expected"),
    [
        ("start", "active", Phase.START),
        ("continue", "active", Phase.CONTINUE),
        ("update", "active", Phase.CONTINUE),  # GE
        ("escalate", "active", Phase.CONTINUE),
        ("end", "inactive", Phase.END),
        ("end", "latched", Phase.END),
        ("", "active", Phase.CONTINUE),
        ("", "inactive", Phase.END),
        ("", "", Phase.CONTINUE),
    ],
)
def test_phases(phase: str, state: str, expected: Phase) -> None:
    rows = (
        "OBX|1|ST|196670^MDC_EVT_LO^MDC|1.1|Low",
        f"OBX|2|ST|1^MDC_ATTR_EVENT_PHASE^MDC|1.3|{phase}",
        f"OBX|3|ST|2^MDC_ATTR_ALERT_STATE^MDC|1.4|{state}",
    )
    assert [item.phase for item in events(_alarm(*rows))] == [expected]


@pytest.mark.parametrize(
    ("flags", "kind", "priority"),
    [
        ("L~PM~SP", AlertKind.PHYSIOLOGICAL, Priority.MEDIUM),
        ("A~PL~ST", AlertKind.TECHNICAL, Priority.LOW),
        ("A~PH~SA", None, Priority.HIGH),
        ("PN~SA", None, None),
        ("", None, None),
    ],
)
def test_what_an_alarm_says_of_itself(flags: str, kind: AlertKind | None, priority: Priority | None) -> None:
    (event,) = events(_alarm(f"OBX|1|ST|196670^MDC_EVT_LO^MDC|1.1|Low|||{flags}"))
    assert (event.kind, event.priority) == (kind, priority)


def test_the_event_can_stand_in_the_value() -> None:
    """Mindray's technical alarms: the code says only that it is an alarm."""
    (event,) = events(_alarm("OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.7.0.196680.1|196680^MDC_EVT_LEAD_OFF^MDC|||A~PL~ST|||R"))
    assert (event.key, event.text) == ("196680^MDC_EVT_LEAD_OFF 1.7.0.196680", "MDC_EVT_LEAD_OFF")


@pytest.mark.parametrize(("state", "is_silenced"), [("enabled", False), ("", False), ("audio-paused", True), ("alarm-off", True)])
def test_a_silenced_alarm_says_so(state: str, is_silenced: bool) -> None:
    rows = ("OBX|1|ST|196670^MDC_EVT_LO^MDC|1.1|Low", f"OBX|2|ST|3^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1.5|{state}")
    assert [item.is_silenced for item in events(_alarm(*rows))] == [is_silenced]


def test_a_watchdog_is_acknowledged_and_no_alarm() -> None:
    said = Bedside().hears(header(kind=R40, rest="D|2.6|||AL|NE"), OBR, "OBX|1|ST|258047^MDC_EVT_ACTIVE^MDC|1.0.0.0.1|Heartbeat||||||F")
    assert [type(item).__name__ for item in said] == ["Reply"]
    assert b"MSA|CA|17" in replies(said)[0].data


def test_an_alarm_without_an_event_is_kept_aside() -> None:
    said = _alarm("OBX|1|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.3|start")
    assert [item.why for item in unmapped(said)] == ["an alarm without an event"]


def _efficia(bedside: Bedside, *rows: str) -> list[tuple[Phase, str, Priority | None]]:
    said = bedside.hears(header("^EfficiaCM|", rest="P|2.4"), "OBR||||ALARM|||20260701120000|||", *rows)
    assert not unmapped(said)
    return [(item.phase, item.text, item.priority) for item in events(said)]


def test_efficias_lines_are_told_at_each_change() -> None:
    yellow, red = "OBX||TX|2^Yellow Alarm^MDIL-ALERT||{}||||||F", "OBX||TX|1^Red Alarm^MDIL-ALERT||{}||||||F"
    bedside = Bedside()
    assert _efficia(bedside, yellow.format("SpO₂ low, SpO₂ = 80 %")) == [(Phase.START, "SpO₂ low, SpO₂ = 80 %", Priority.MEDIUM)]
    assert _efficia(bedside, yellow.format("SpO₂ low, SpO₂ = 80 %")) == []
    assert _efficia(bedside, yellow.format("SpO₂ low, SpO₂ = 78 %"), red.format("Apnoea")) == [
        (Phase.CONTINUE, "SpO₂ low, SpO₂ = 78 %", Priority.MEDIUM),
        (Phase.START, "Apnoea", Priority.HIGH),
    ]
    assert _efficia(bedside, yellow.format("")) == [(Phase.END, "SpO₂ low, SpO₂ = 78 %", Priority.MEDIUM)]
    assert _efficia(bedside, yellow.format("")) == []


def test_an_inop_of_efficia_is_technical() -> None:
    said = Bedside().hears(header("^EfficiaCM|"), "OBR||||ALARM", "OBX||TX|6^Soft Inop^MDIL-ALERT||SpO2 sensor off")
    assert [(item.kind, item.priority) for item in events(said)] == [(AlertKind.TECHNICAL, Priority.LOW)]
