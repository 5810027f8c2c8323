"""Every resource is held against FHIR's own definitions; the oracle that does it refuses what is wrong."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from schemas.log import Entry, Measured
from simulators.scenario import load_scenario
from tests.scenario.course import course
from tests.support.fhir_oracle import problems
from tests.support.node import run_node
from tests.support.samples import sample
from tests.unit.core.histories import histories, play
from tests.unit.export.fhir_export import ROWS, Resource, bundle_of, full_log, log_of, resources_of
from tests.unit.export.session_log import Log

PLAYED = (  # each treatment, corrections, late and refused values, a second device, an abort; the other scenarios differ in numbers alone
    *("hypertensive-surge", "im-dose", "nasal-esketamine", "oral-dose", "labetalol-for-surge"),
    *("device-swap", "line-cut", "sentinel-values", "wrong-rate", "vagal-reaction"),
)
SECOND_OPINION = Path(__file__).parents[2] / "support" / "compose" / "check_fhir.mjs"


@cache
def _full() -> list[Resource]:
    return resources_of(full_log(), audit=ROWS)


def _unsound(log: Log) -> list[str]:
    return [f"{one['id']}: {said}" for one in resources_of(log) for said in problems(one)]


def _of_each_shape(entries: list[Entry]) -> Iterator[Entry]:
    """Every event; of the measurements one for each set of vital signs, validities and reasons: the others differ in numbers alone."""
    seen = set()
    for entry in entries:
        if isinstance(body := entry.body, Measured):
            shape = (body.mode, tuple((one.vital, one.validity, one.reason, one.value_milli is None) for one in body.readings))
            if shape in seen:
                continue
            seen.add(shape)
        yield entry


def test_one_of_each_kind_is_sound() -> None:
    assert {one["resourceType"] for one in _full()} == {
        *("Observation", "Patient", "Encounter", "Device", "Medication", "MedicationRequest", "MedicationAdministration"),
        *("DetectedIssue", "Provenance", "AuditEvent"),
    }
    assert [said for one in _full() for said in problems(one)] == []


def test_the_bundle_around_them_is_sound_and_every_reference_in_it_resolves() -> None:
    """Nothing is referred to before it is there: a server that checks references takes them in this order."""
    bundle = bundle_of(full_log(), ROWS)
    assert problems({**bundle, "entry": bundle["entry"][:1]}) == []
    seen: set[str] = set()
    for entry in bundle["entry"]:
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["fullUrl"].endswith(f"/{name}")
        assert name not in seen
        seen.add(name)
        assert set(_references(entry["resource"])) <= seen
    assert set(_references([{"reference": "Patient/x"}])) == {"Patient/x"}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        if "reference" in value:
            yield value["reference"]
        for part in value.values():
            yield from _references(part)


@pytest.mark.parametrize("name", PLAYED)
def test_whole_simulated_sessions_are_sound(name: str) -> None:
    assert _unsound(log_of(list(_of_each_shape(course(load_scenario(name), 1))))) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories())
def test_any_life_of_a_session_is_sound(history: Any) -> None:
    assert _unsound(log_of(list(_of_each_shape(play(history))))) == []


def test_other_hands_find_nothing_wrong_either() -> None:
    """@medplum/core by type and profile, ucum-lhc for the units. With a control: what it must refuse."""
    control = {**_full()[-1], "foo": 1}
    wrong_unit = next(one for one in deepcopy(_full()) if "valueQuantity" in one)
    wrong_unit["valueQuantity"]["code"] = "bpm"
    answered = run_node(str(SECOND_OPINION), said=json.dumps([*_full(), control, wrong_unit]))
    assert answered.returncode == 0, answered.stderr
    *found, of_control, of_unit = json.loads(answered.stdout)
    assert [said for one in found for said in one] == []
    assert any("foo" in said for said in of_control)
    assert "unit bpm" in of_unit


# --- the oracle itself ---------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default:.*were NOT read:UserWarning")
def test_the_oracle_refuses_the_wrong_samples_and_takes_the_good_ones() -> None:
    path = sample("fhir/cases.json")
    cases = {} if path is None else json.loads(path.read_text())
    verdicts = {name: not problems(one) for name, one in cases.items()}
    assert verdicts == {name: name.startswith(("good", "ok")) for name in verdicts}
    assert len(verdicts) == (0 if path is None else 21)


_REQUIRED = {
    "Observation": ("status", "code", "subject", "effectiveDateTime", "category"),
    "Encounter": ("status", "class"),
    "MedicationAdministration": ("status", "medicationCodeableConcept", "subject", ("effectivePeriod", "effectiveDateTime")),
    "MedicationRequest": ("status", "intent", "medicationCodeableConcept", "subject"),
    "DetectedIssue": ("status",),
    "Provenance": ("target", "recorded", "agent"),
    "AuditEvent": ("type", "recorded", "agent", "source"),
}


@pytest.mark.parametrize(("kind", "names"), _REQUIRED.items())
def test_without_a_required_element_nothing_is_sound(kind: str, names: tuple[str | tuple[str, ...], ...]) -> None:
    vital = [one for one in _full() if one["resourceType"] == kind and (kind != "Observation" or "profile" in one["meta"])]
    assert vital
    for one in vital:
        for name in names:
            group = (name,) if isinstance(name, str) else name
            assert problems({key: value for key, value in one.items() if key not in group}), f"{one['id']} without {name}"


def _altered(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """One thing made wrong at a time."""
    yield "property", {**resource, "colour": "red"}
    yield "reference", {**resource, "subject": {"reference": "Nobody/1"}}
    yield "kind of reference", {**resource, "subject": {"reference": "Device/1"}}
    yield "status", {**resource, "status": "done"}
    yield "time", {**resource, "effectiveDateTime": "2026-11-22T01:20:00"}
    yield "list", {**resource, "code": [resource["code"]]}
    yield "empty", {**resource, "note": []}
    yield "control character", {**resource, "note": [{"text": "a\x01b"}]}
    yield "both", {**resource, "valueQuantity": {"value": 1}, "dataAbsentReason": {"text": "x"}}
    yield "two values", {**resource, "valueString": "1", "valueQuantity": {"value": 1}}
    yield "profile", {**resource, "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/Encounter"]}}
    yield "text for a number", {**resource, "valueQuantity": {**resource.get("valueQuantity", {}), "value": "72"}}


def test_whatever_is_made_wrong_is_found() -> None:
    some = next(one for one in _full() if one["id"].endswith("-hr"))
    assert problems(some) == []
    found = {name: bool(problems(one)) for name, one in _altered(some)}
    assert found == dict.fromkeys(found, True)
