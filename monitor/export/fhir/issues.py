"""Alerts as DetectedIssue: an issue with a severity, a span and mitigations. A Flag is a standing warning and has none of the three
(docs/reference/fhir.md)."""

from collections.abc import Iterator
from typing import Final

from monitor.export.fhir.naming import Naming
from monitor.export.fhir.story import Occurrence, Story
from monitor.export.fhir.terms import Json, coding, concept, extension, ours, period, person, text_of
from schemas.alert import AlertState, Priority
from schemas.instant import format_ms

_SEVERITY: Final = {Priority.HIGH: "high", Priority.MEDIUM: "moderate", Priority.LOW: "low"}


def issues(naming: Naming, story: Story) -> Iterator[Json]:
    """One for each occurrence that was raised. What was withdrawn before stays in the log: nobody was ever told of it."""
    return (_issue(naming, one) for one in story.alerts.values() if one.alert.raised_at_ms is not None)


def _issue(naming: Naming, occurrence: Occurrence) -> Json:
    alert = occurrence.alert
    answered: Json = {}
    if alert.acknowledged_at_ms is not None:
        comment = text_of(occurrence.comment or "")
        action = concept(coding(ours("mitigation"), "acknowledged", "Acknowledged"), text=comment)
        answered = {"mitigation": [{"action": action, "date": format_ms(alert.acknowledged_at_ms)}]}
        if alert.acknowledged_by is not None:
            answered["mitigation"][0]["author"] = person(alert.acknowledged_by)
    moments = {"raised-at": alert.raised_at_ms, "shown-at": alert.shown_at_ms}
    return {
        "resourceType": "DetectedIssue",
        "id": naming.id_of("alert", occurrence.seq),
        **naming.meta(),
        "extension": [
            extension("alert-kind", "valueCode", alert.kind.value),
            extension("alert-state", "valueCode", alert.state.value),
            extension("encounter", "valueReference", naming.encounter),
            *(extension(name, "valueDateTime", format_ms(at_ms)) for name, at_ms in moments.items() if at_ms is not None),
        ],
        "identifier": [naming.identifier("alert", f"{naming.session}/{alert.id}")],
        "status": "final" if alert.state is AlertState.RESOLVED else "preliminary",
        "code": concept(coding(ours("rule"), alert.rule, alert.title)),
        "severity": _SEVERITY[alert.priority],
        "patient": naming.subject,
        "identifiedPeriod": period(alert.since_ms, occurrence.ended_at_ms),
        "author": naming.monitor,
        "detail": text_of(alert.reason) or alert.title,
        **answered,
    }
