"""The session itself: its Patient (pseudonymous), its Encounter with every phase, its Devices."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from monitor.export.fhir.naming import Naming
from monitor.export.fhir.story import Story
from monitor.export.fhir.terms import ACT_CODE, Json, coding, concept, extension, notes, period, text_of
from monitor.export.manifest import INTENDED_USE, Stamp
from schemas.measurement import Mode
from schemas.session import INFUSED, OPEN_PHASES, Phase

_STATUS: Final = {
    Phase.PLANNED: "planned",
    Phase.BASELINE: "arrived",
    Phase.INFUSING: "in-progress",
    Phase.PAUSED: "in-progress",
    Phase.RECOVERY: "in-progress",
    Phase.CLOSED: "finished",
}


def patient(naming: Naming, story: Story) -> Json:
    """One for each session: initials and a year tell nobody apart. What joins sessions is the clinic's own code, where one was entered."""
    said = story.patient
    codes = [] if said.code is None else [naming.identifier("patient-code", said.code)]
    label = text_of(said.label)
    return {
        "resourceType": "Patient",
        "id": naming.id_of("patient"),
        **naming.meta(),
        "identifier": [naming.identifier("session", naming.session), *codes],
        **({"name": [{"use": "anonymous", "text": label}]} if label else {}),
        **({"birthDate": str(said.birth_year)} if said.birth_year is not None else {}),
    }


def encounter(naming: Naming, story: Story) -> Json:
    """`status` as the session stands; `statusHistory` has every phase, by its own name in an extension."""
    steps = [(Phase.PLANNED, story.created_at_ms), *((body.phase, at_ms) for at_ms, body in story.phases)]
    ends = [*(until for (_, _), (_, until) in pairwise(steps)), None]
    has_begun = any(phase is Phase.INFUSING for phase, _ in steps) or story.created.order.treatment not in INFUSED
    history = [
        {
            "extension": [extension("phase", "valueCode", phase.value)],
            "status": _status(phase, has_begun=has_begun),
            "period": period(at_ms, at_ms if phase not in OPEN_PHASES else until),
        }
        for (phase, at_ms), until in zip(steps, ends, strict=True)
    ]
    room = text_of(story.created.room)
    return {
        "resourceType": "Encounter",
        "id": naming.id_of("encounter"),
        **naming.meta(),
        "identifier": [naming.identifier("session", naming.session)],
        "status": _status(story.phase, has_begun=has_begun),
        "statusHistory": history,
        "class": coding(ACT_CODE, "AMB", "ambulatory"),
        "serviceType": concept(text=f"Monitored session: {story.created.order.treatment.value.replace('_', ' ')}"),
        "subject": naming.subject,
        "period": period(story.created_at_ms, story.ended_at_ms),
        **({"location": [{"location": {"display": room}}]} if room else {}),
    }


def devices(naming: Naming, story: Story, stamp: Stamp) -> Iterator[Json]:
    """The monitor, which judged, and every device that was bound. A device's mode is that of its binding."""
    yield {
        "resourceType": "Device",
        "id": f"{naming.installation}-monitor",
        "identifier": [naming.identifier("public-key", stamp.key.public_text)],
        "status": "active",
        "deviceName": [{"name": "Infusion Monitor", "type": "user-friendly-name"}],
        "version": [{"value": stamp.software}],
        **notes(INTENDED_USE),
    }
    for device, bound in story.devices.items():
        kind = "bedside monitor" if bound.mode is Mode.REAL else f"{bound.mode} bedside monitor"
        yield {
            "resourceType": "Device",
            "id": naming.id_of_device(device),
            **naming.meta(modes=(bound.mode,)),
            "identifier": [naming.identifier("device", device)],
            "status": "active",
            "deviceName": [{"name": device, "type": "user-friendly-name"}],
            "type": concept(text=kind),
            **notes(bound.source),
        }


def _status(phase: Phase, *, has_begun: bool) -> str:
    """An aborted session was cancelled only if nothing had been given: FHIR's word means that it never began."""
    if phase is Phase.ABORTED:
        return "finished" if has_begun else "cancelled"
    return _STATUS[phase]
