"""Messages of real devices, written by others, where they are at hand."""

import pytest

from monitor.adapters.base import CodecSettings
from monitor.adapters.device_time import TimeBasis
from monitor.adapters.hl7.codec import Hl7Codec
from monitor.adapters.quantities import Quantity
from monitor.adapters.said import Phase, Said, Undecoded
from schemas.alert import AlertKind, Priority
from schemas.instant import parse_ms
from schemas.measurement import Mode
from tests.support.samples import sample
from tests.unit.adapters.hl7_said import NOW_MS, events, measurements, numbers, replies, unmapped

pytestmark = pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
Q = Quantity


def _said(name: str) -> list[Said] | None:
    """None: not here, and a warning says so. As they come: in a frame."""
    path = sample(f"hl7/{name}.hl7")
    if path is None:
        return None
    said = Hl7Codec(CodecSettings()).feed(b"\x0b" + path.read_bytes() + b"\x1c\r", NOW_MS)
    assert not [item for item in said if isinstance(item, Undecoded)]
    return said


@pytest.mark.parametrize(
    ("name", "expected", "aside", "device", "verdict"),
    [
        (
            "01_mindray_egateway_pcd01",
            {Q.SPO2: 98_000, Q.PULSE_RATE: 65_000, Q.PERFUSION_INDEX: 1_760, Q.RESPIRATORY_RATE: 17_000, Q.HEART_RATE: 66_000},
            ["148066", "108", "148216", "151658"],
            "000F14049B507238",
            b"CA|23545",
        ),
        (
            "02_ge_b40_pcd01_utf8_REDACTED",
            {Q.HEART_RATE: 68_000, Q.ETCO2: 1_000, Q.PULSE_RATE: 67_000, Q.SPO2: 97_000},
            ["151716"],
            "080019FFFE1443EC",
            b"AA|0040971443EC",
        ),
        (
            "06_philips_iic_mdil_v23",
            {
                Q.SPO2: 95_000,
                Q.RESPIRATORY_RATE: 15_000,
                Q.HEART_RATE: 60_000,
                Q.INVASIVE_SYSTOLIC_BP: 120_000,
                Q.INVASIVE_DIASTOLIC_BP: 70_000,
                Q.INVASIVE_MEAN_BP: 91_000,
            },
            [],
            "",
            b"AA|HP104220879017992",
        ),
        (
            "07_philips_efficia_cm_v24",
            {Q.HEART_RATE: 60_000, Q.SPO2: 96_000, Q.RESPIRATORY_RATE: 20_000, Q.PULSE_RATE: 59_000},
            [],
            "",
            b"AA|CN92390246",
        ),
        (
            "14_bbraun_spaceplus_perfusor_pcd01_off",
            {Q.INFUSION_RATE: 0},
            ["0", "67880", "67972"],
            "P52814",
            b"CA|63903934748935663668521",
        ),
    ],
)
def test_observations_of_real_devices(name: str, expected: dict[Quantity, int], aside: list[str], device: str, verdict: bytes) -> None:
    said = _said(name)
    if said is None:
        return
    assert numbers(said) == expected
    assert [item.origin.code.split("^")[0] for item in unmapped(said)] == aside
    assert {(item.sender.device, item.mode) for item in measurements(said)} == {(device, Mode.REAL)}
    assert [b"MSA|" + verdict + b"\r" in reply.data for reply in replies(said)] == [True]


def test_the_times_of_real_devices() -> None:
    for name, at, basis in (
        ("01_mindray_egateway_pcd01", parse_ms("2026-09-12T06:30:00Z"), TimeBasis.WIRE),
        ("02_ge_b40_pcd01_utf8_REDACTED", None, TimeBasis.NO_ZONE),
        ("14_bbraun_spaceplus_perfusor_pcd01_off", parse_ms("2026-01-13T20:59:07Z"), TimeBasis.WIRE),
    ):
        said = _said(name)
        assert said is None or {(item.time.at_ms, item.time.basis) for item in measurements(said)} == {(at, basis)}


def test_a_real_pump_says_that_it_stands() -> None:
    said = _said("14_bbraun_spaceplus_perfusor_pcd01_off")
    if said is not None:
        (item,) = measurements(said)
        assert {text.name: text.origin.value for text in item.texts} == {
            "order": "999999^Unknown medication",
            "drug_library": "PHKL_D6",
            "infusing": "^pump-status-not-infusing",
            "channel": "Primary",
            "delivery": "^pump-delivery-status-not-delivering",
            "not_delivering": "^pump-stopped-powered-off",
        }
        (event,) = events(said)
        assert (event.phase, event.text) == (Phase.START, "stopped: pump-stopped-powered-off")


def test_alarms_of_real_devices() -> None:
    said = _said("11_mindray_pcd04_low_spo2_alarm")
    if said is not None:
        (event,) = events(said)
        assert (event.phase, event.kind, event.priority, event.about) == (Phase.START, AlertKind.PHYSIOLOGICAL, Priority.MEDIUM, Q.SPO2)
        assert (event.text, event.limits, event.time.at_ms) == ("Low SpO2", "90-96", parse_ms("2012-01-11T21:04:57Z"))
    said = _said("08_philips_efficia_alarm_TX")
    if said is not None:
        (event,) = events(said)
        assert (event.phase, event.priority, event.text) == (Phase.START, Priority.MEDIUM, "SpO₂ baja, SpO₂ = 80 %")


def test_a_real_message_without_a_frame_is_read_when_the_device_is_silent() -> None:
    """GE's was recorded so: no frame, CR only."""
    path = sample("hl7/02_ge_b40_pcd01_utf8_REDACTED.hl7")
    if path is not None:
        codec = Hl7Codec(CodecSettings())
        assert codec.feed(path.read_bytes(), NOW_MS) == []
        assert codec.next_wake_ms == NOW_MS + 2_000
        assert numbers(codec.woken(NOW_MS + 2_000))[Q.SPO2] == 97_000
        assert codec.next_wake_ms is None
