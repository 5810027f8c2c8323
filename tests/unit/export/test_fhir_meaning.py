"""What the resources say is what the log says: values, times, doses, corrections, alerts, phases, signatures; and whose they are."""

import asyncio
import base64
import json
import tracemalloc
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.corrections import Corrections
from monitor.export.fhir.bundle import fhir_bundle
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.provenance import signed_text
from monitor.export.fhir.resources import resources
from monitor.export.fhir.story import NoStory
from monitor.export.manifest import Stamp
from monitor.export.selection import select
from schemas.alert import RAISES
from schemas.instant import format_ms
from schemas.log import AlertChanged, BolusGiven, Entry, EntryVoided, Measured, NoteAdded, PhaseOrdered, RateSet, SessionCreated
from schemas.measurement import Mode, Reason, Validity
from schemas.session import Phase
from schemas.vitals import VITAL_SIGNS, Vital
from tests.unit.core.histories import histories, play
from tests.unit.export.fhir_export import ROWS, Resource, bundle_bytes, full_log, log_of, measure, reading, resources_of
from tests.unit.export.session_log import FakeStore, Log, key_of, short_log, stamp_of

ENOUGH = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _played() -> Log:
    log = Log()
    log.create()
    log.bind()
    return log


def _ending(resources: list[Resource], part: str) -> list[Resource]:
    return [one for one in resources if one["id"].rpartition("-")[2] == part]


def _numbers(log: Log) -> list[tuple[int, str, float]]:
    """(seq, LOINC, number) of every value that a reader of vital signs finds."""
    found = []
    for one in resources_of(log, "Observation"):
        if one.get("category", [{}])[0].get("coding", [{}])[0].get("code") == "vital-signs" and "device" in one:
            seq = int(one["id"].split("-")[3])
            for part in one.get("component", [one]):
                codes = [code["code"] for code in part["code"]["coding"] if code["system"] == "http://loinc.org"]
                found += [(seq, codes[-1], part["valueQuantity"]["value"])] if "valueQuantity" in part else []
    return sorted(found)


@ENOUGH
@given(history=histories())
def test_every_value_that_is_not_refused_is_there_once_and_no_other(history: Any) -> None:
    entries = play(history)
    said = [
        (entry.seq, VITAL_SIGNS[one.vital].loinc, one.value_milli / 1000)
        for entry in entries
        if isinstance(entry.body, Measured)
        for one in entry.body.readings
        if one.validity is not Validity.INVALID and one.value_milli is not None
    ]
    assert _numbers(log_of(entries)) == sorted(said)


_STEPS = st.lists(
    st.tuples(st.integers(1, 600_000), st.sampled_from(["infusing", "paused", "rate", "bolus", "void"]), st.integers(0, 2_000)), max_size=14
)


def _given_by(steps: list[tuple[int, str, int]]) -> Log:
    """Starts, pauses, rates, boluses, and the errors among them that were corrected."""
    log, phase = _played(), Phase.PLANNED
    for after_ms, what, number in steps:
        correctable = [one.seq for one in log.entries if isinstance(one.body, RateSet | BolusGiven)]
        voided = {one.body.voids for one in log.entries if isinstance(one.body, EntryVoided)}
        left = [seq for seq in correctable if seq not in voided]
        if what in ("infusing", "paused") and what != phase and (what == "infusing" or phase is Phase.INFUSING):
            phase = Phase(what)
            log.say(PhaseOrdered(by="anna", override=None, phase=phase), after_ms=after_ms)
        elif what == "rate" and phase is Phase.INFUSING:
            log.say(RateSet(by="anna", rate_ug_per_min=number), after_ms=after_ms)
        elif what == "bolus":
            log.say(BolusGiven(amount_ug=number, by="anna"), after_ms=after_ms)
        elif what == "void" and left:
            log.say(EntryVoided(by="ben", reason="no", voids=left[number % len(left)]), after_ms=after_ms)
    log.say(NoteAdded(by="anna", text="end"), after_ms=60_000)
    return log


@settings(max_examples=100, deadline=None)
@given(steps=_STEPS, more=_STEPS)
def test_what_a_server_got_before_is_replaced_never_left_behind(
    steps: list[tuple[int, str, int]], more: list[tuple[int, str, int]]
) -> None:
    """A session is pushed, goes on and is corrected, and is pushed again: each resource of the first push is in the second."""
    log = _given_by(steps + more)
    first = log_of(log.entries[: len(_given_by(steps).entries) - 1])
    assert {one["id"] for one in resources_of(first)} <= {one["id"] for one in resources_of(log)}


@settings(max_examples=150, deadline=None)
@given(steps=_STEPS)
def test_the_doses_add_up_to_the_account_of_the_core(steps: list[tuple[int, str, int]]) -> None:
    """What is completed, and what runs on to the end of the log, is what the core says was given; to a microgram a period."""
    log = _given_by(steps)
    created = next(entry.body for entry in log.entries if isinstance(entry.body, SessionCreated))
    account = Corrections(created.order)
    for entry in log.entries:
        if isinstance(entry.body, EntryVoided):
            account.void(entry.body)
        account.take(entry.seq, entry.at_ms, entry.body)
    total, rows = Decimal(0), _given(log)
    for one in rows:
        if one["status"] == "completed":
            total += Decimal(str(one["dosage"]["dose"]["value"]))
        elif one["status"] == "in-progress":
            start_ms = next(entry.at_ms for entry in log.entries if format_ms(entry.at_ms) == one["effectivePeriod"]["start"])
            total += Decimal(str(one["dosage"]["rateQuantity"]["value"])) * (log.at_ms - start_ms) / 60_000
    assert abs(total * 1000 - account.dose()[0].given_ug(log.at_ms)) <= 1 + len(rows)


@ENOUGH
@given(history=histories())
def test_every_alert_that_was_raised_is_there_once(history: Any) -> None:
    entries = play(history)
    raised = {entry.body.alert.id for entry in entries if isinstance(entry.body, AlertChanged) and entry.body.why in RAISES}
    issues = resources_of(log_of(entries), "DetectedIssue")
    assert sorted(one["identifier"][0]["value"].split("/")[1] for one in issues) == sorted(raised)


def test_a_refused_value_is_none_and_says_why_and_a_doubtful_one_says_so() -> None:
    log = _played()
    measure(
        log,
        reading(Vital.HEART_RATE, 301, Reason.OUT_OF_RANGE, Validity.INVALID),
        reading(Vital.SPO2, 65, Reason.UNCALIBRATED, Validity.QUESTIONABLE),
        reading(Vital.RESPIRATORY_RATE, None, Reason.NOT_MEASURED),
    )
    resources = resources_of(log, "Observation")
    (heart,), (spo2,), (breaths,) = (_ending(resources, part) for part in ("hr", "spo2", "rr"))
    assert "valueQuantity" not in heart
    assert (heart["dataAbsentReason"]["coding"][0]["code"], heart["dataAbsentReason"]["text"]) == ("error", "out of range")
    assert heart["extension"][0]["valueQuantity"]["value"] == 301
    assert spo2["valueQuantity"]["value"] == 65
    assert spo2["interpretation"][0]["coding"][0]["code"] == "questionable"
    assert spo2["note"] == [{"text": "SpO2: questionable, uncalibrated"}]
    assert breaths["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert [code["code"] for code in spo2["code"]["coding"]] == ["2708-6", "59408-5", "150456"]


def test_late_data_keeps_the_time_of_the_device_and_the_time_of_its_arrival() -> None:
    log = _played()
    at_ms = log.at_ms
    log.say(Measured(7, "sim-room-1", at_ms - 600_000, Mode.SIMULATED, (reading(Vital.SPO2, 97, Reason.LATE),), at_ms))
    (spo2,) = _ending(resources_of(log, "Observation"), "spo2")
    assert (spo2["effectiveDateTime"], spo2["issued"]) == (format_ms(at_ms - 600_000), format_ms(at_ms))
    assert spo2["interpretation"][0]["coding"][0]["code"] == "late"


def test_one_cuff_is_one_panel_whatever_of_it_is_missing() -> None:
    log = _played()
    measure(log, reading(Vital.SYSTOLIC_BP, 121), reading(Vital.MEAN_BP, None, Reason.NOT_MEASURED), reading(Vital.PULSE_RATE, 70))
    (panel,) = _ending(resources_of(log, "Observation"), "bp")
    systolic, diastolic, mean = panel["component"]
    assert systolic["valueQuantity"]["value"] == 121
    assert diastolic["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert mean["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert len(_ending(resources_of(log, "Observation"), "pr")) == 1


def test_an_entry_made_in_error_says_so() -> None:
    log = _played()
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.INFUSING))
    rate = log.say(RateSet(by="anna", rate_ug_per_min=60_000))
    given = log.say(BolusGiven(amount_ug=5_250, by="anna"))
    note = log.say(NoteAdded(by="anna", text="wrong room"))
    for entry in (rate, given, note):
        log.say(EntryVoided(by="ben", reason="meant for room 4", voids=entry.seq))
    running, wrong_rate, dose = _given(log)
    (said,) = _ending(resources_of(log), "note")
    assert [one["status"] for one in (running, wrong_rate, dose, said)] == ["in-progress", *["entered-in-error"] * 3]
    assert running["dosage"]["rateQuantity"]["value"] == 0.938
    assert dose["note"] == [{"text": "entered in error, marked by ben: meant for room 4"}]


def test_waste_is_no_dose_and_is_final_only_before_a_witness() -> None:
    resources = resources_of(full_log())
    unseen, seen = _ending(resources, "waste")
    assert (unseen["status"], seen["status"]) == ("preliminary", "final")
    assert [one["display"] for one in seen["performer"]] == ["anna", "ben"]
    assert {one["status"] for one in resources if one["resourceType"] == "MedicationAdministration"} <= {"completed", "entered-in-error"}
    lots = [one["batch"]["lotNumber"] for one in resources if one["resourceType"] == "Medication"]
    assert lots == ["A17", "B\u240118"]


def test_phases_are_the_status_of_the_encounter() -> None:
    log = _played()
    for phase in (Phase.BASELINE, Phase.INFUSING, Phase.PAUSED, Phase.INFUSING, Phase.RECOVERY, Phase.CLOSED):
        log.say(PhaseOrdered(by="anna", override=None, phase=phase))
    (one,) = resources_of(log, "Encounter")
    phases = [(step["extension"][0]["valueCode"], step["status"]) for step in one["statusHistory"]]
    assert [name for name, _ in phases] == ["planned", "baseline", "infusing", "paused", "infusing", "recovery", "closed"]
    assert (one["status"], phases[2][1], phases[-1][1]) == ("finished", "in-progress", "finished")
    assert one["period"]["end"] == one["statusHistory"][-1]["period"]["start"]


@pytest.mark.parametrize(("first", "status"), [(Phase.BASELINE, "cancelled"), (Phase.INFUSING, "finished")])
def test_an_aborted_session_is_cancelled_only_if_nothing_was_given(first: Phase, status: str) -> None:
    log = _played()
    log.say(PhaseOrdered(by="anna", override=None, phase=first))
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.ABORTED))
    assert resources_of(log, "Encounter")[0]["status"] == status


def test_a_paused_infusion_goes_on_at_the_rate_it_had() -> None:
    log = _played()
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.INFUSING))
    log.say(RateSet(by="anna", rate_ug_per_min=600), after_ms=60_000)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.PAUSED), after_ms=60_000)
    log.say(PhaseOrdered(by="anna", override=None, phase=Phase.INFUSING), after_ms=60_000)
    rows = [(one["status"], one["dosage"].get("dose", {}).get("value"), one["dosage"]["rateQuantity"]["value"]) for one in _given(log)]
    assert rows == [("completed", 0.938, 0.938), ("completed", 0.6, 0.6), ("in-progress", None, 0.6)]
    assert "end" not in _given(log)[-1]["effectivePeriod"]


def _given(log: Log) -> list[Resource]:
    return resources_of(log, "MedicationAdministration")


def test_simulated_data_never_passes_for_a_patients() -> None:
    def marked(one: Resource) -> bool:
        meta = one.get("meta", {})
        return [code["code"] for code in meta.get("security", [])] == ["HTEST"] and bool(meta.get("tag"))

    for mode in (Mode.SIMULATED, Mode.REPLAYED):
        resources = resources_of(full_log(mode), audit=ROWS)
        assert [one["id"] for one in resources if not marked(one)] == [f"{key_of().key_id}-monitor"], "the program is real"
    assert not any(marked(one) for one in resources_of(full_log(Mode.REAL), audit=ROWS)), "the control"


def test_a_second_export_of_the_same_log_says_the_same() -> None:
    """Ids and contents; whatever the store cuts its answers into. A session that went on keeps the ids it had."""
    log = short_log(is_closed=False)
    first = resources_of(log)
    assert resources_of(log) == first
    measure(log, reading(Vital.SPO2, 98))
    assert {one["id"] for one in first} <= {one["id"] for one in resources_of(log)}


async def test_another_key_of_the_same_installation_keeps_the_ids() -> None:
    async def ids(seed: int, installation: str) -> list[str]:
        source, stamp = FakeStore(short_log()), Stamp(key_of(seed), "1.2.3", 0, installation)
        groups = resources(source, await select(source, "S-000001"), stamp)
        return [one["id"] async for group in groups for one in group]

    assert await ids(1, "0011223344556677") == await ids(2, "0011223344556677")
    assert set(await ids(1, "")).isdisjoint(await ids(2, "")), "the control: two installations"


@pytest.mark.parametrize("chunk", [1, 3, 2_000])
async def test_pages_of_the_store_change_nothing(chunk: int) -> None:
    log = full_log()
    assert await bundle_bytes(FakeStore(log, chunk=chunk)) == await bundle_bytes(FakeStore(log, chunk=10_000))


def test_the_head_of_the_log_is_signed_and_a_signature_has_name_time_and_meaning() -> None:
    log = full_log()
    found = {one["id"].rsplit("-", 1)[1]: one for one in resources_of(log, "Provenance")}
    signed, corrected, head = found["signature"], found["patient"], found["head"]
    naming = Naming(key_of().key_id, log.id, (Mode.SIMULATED,))
    message = signed_text(naming, log.seals[-1])
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key_of().public_text))
    public.verify(base64.b64decode(head["signature"][0]["data"]), message)
    assert json.loads(message)["digest"] == head["entity"][0]["what"]["identifier"]["value"] == log.seals[-1].digest
    assert (signed["agent"][0]["who"]["display"], signed["activity"]["text"]) == ("A. Meyer", "fit to leave")
    (patient,) = resources_of(log, "Patient")
    assert [one["value"] for one in patient["identifier"]][1:] == ["KX-0017"], "the corrected code"
    assert corrected["target"] == [{"reference": f"Patient/{patient['id']}"}]
    assert "KX-0017, not KX-0071" in corrected["activity"]["text"]


def test_the_access_log_is_there_as_far_as_it_is_about_this_session() -> None:
    events = resources_of(full_log(), "AuditEvent", audit=ROWS)
    assert [(one["agent"][0].get("who", {}).get("display"), one["outcome"]) for one in events] == [("vera", "0"), (None, "4")]


async def test_a_log_without_its_beginning_is_refused_before_the_first_byte() -> None:
    log = short_log()
    log.entries = [msg for msg in log.entries if not isinstance(msg.body, SessionCreated)]
    with pytest.raises(NoStory, match="does not begin"):
        await bundle_bytes(FakeStore(log))


def test_memory_does_not_grow_with_the_log() -> None:
    """Ten times the measurements, made as they are read: the same memory, give or take a page."""

    class Endless(FakeStore):
        def __init__(self, log: Log, times: int) -> None:
            super().__init__(log)
            self._times = times

        async def entries(self, session: str, /, *, since_seq: int = 0, until_seq: int | None = None) -> AsyncIterator[list[Entry]]:
            async for chunk in super().entries(session):
                for _ in range(self._times):
                    yield chunk

    async def written(times: int) -> int:
        source, size = Endless(short_log(measurements=300), times), 0
        selection = await select(source, "S-000001")
        async for block in fhir_bundle(source, selection, stamp_of()):
            size += len(block)
        return size

    def peak(times: int) -> tuple[int, int]:
        tracemalloc.start()
        size = asyncio.run(written(times))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size, most

    (short, little), (long, much) = peak(1), peak(10)
    assert long > 8 * short
    assert much < 1.5 * little
