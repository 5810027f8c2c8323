"""The order (MedicationRequest), what was drawn with its lot (Medication), and what was given (MedicationAdministration)."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from monitor.core.dose import planned_rate_ug_per_min
from monitor.export.fhir.naming import Naming
from monitor.export.fhir.story import Story
from monitor.export.fhir.terms import ATC, SNOMED, Json, coding, concept, milligrams, notes, of_milli, period, person, quantity, text_of
from schemas.instant import format_ms
from schemas.log import BolusGiven, DrugDrawn, Entry, PhaseOrdered, RateSet
from schemas.session import OPEN_PHASES, Phase, Treatment

_MS_A_MIN: Final = 60_000
_MICROGRAM: Final = Decimal("0.001")  # of a milligram
_KETAMINE: Final = concept(coding(ATC, "N01AX03", "ketamine"), text="Ketamine")
_ESKETAMINE: Final = concept(coding(ATC, "N06AX27", "esketamine"), text="Esketamine")
_ROUTES: Final = {
    Treatment.KETAMINE_IV: concept(coding(SNOMED, "47625008", "Intravenous route")),
    Treatment.KETAMINE_IM: concept(coding(SNOMED, "78421000", "Intramuscular route")),
    Treatment.KETAMINE_ORAL: concept(coding(SNOMED, "26643006", "Oral route")),
    Treatment.ESKETAMINE_NASAL: concept(coding(SNOMED, "46713006", "Nasal route")),
}


class RatePeriod(msgspec.Struct, frozen=True):
    """The pump at one rate. `seq`: of the entry that began it; `end_ms` None: it runs on."""

    seq: int
    start_ms: int
    end_ms: int | None
    rate_ug_per_min: int
    by: str


def drug_of(treatment: Treatment) -> Json:
    return _ESKETAMINE if treatment is Treatment.ESKETAMINE_NASAL else _KETAMINE


def order(naming: Naming, story: Story) -> Iterator[Json]:
    """Nothing where nothing was ordered."""
    ordered = story.created.order
    if ordered.treatment is Treatment.NONE:
        return
    minutes = quantity(Decimal(ordered.duration_ms) / _MS_A_MIN, "min", "min")
    rate: list[Json] = [{"doseQuantity": milligrams(ordered.dose_ug)}]
    timing: Json = {"timing": {"repeat": {"duration": minutes["value"], "durationUnit": "min"}}} if ordered.duration_ms else {}
    yield {
        "resourceType": "MedicationRequest",
        "id": naming.id_of("order"),
        **naming.meta(),
        "status": "active" if story.phase in OPEN_PHASES else "completed",
        "intent": "order",
        "medicationCodeableConcept": drug_of(ordered.treatment),
        "subject": naming.subject,
        "encounter": naming.encounter,
        "authoredOn": format_ms(story.created_at_ms),
        "requester": person(story.created.by),
        "dosageInstruction": [{"route": _ROUTES[ordered.treatment], **timing, "doseAndRate": rate}],
    }


def drawn(naming: Naming, story: Story) -> Iterator[Json]:
    """A vial or syringe that was made ready."""
    drug = drug_of(story.created.order.treatment)
    for entry in story.entered:
        if isinstance(body := entry.body, DrugDrawn):
            strength = {"numerator": of_milli(body.concentration_ug_per_ml, "mg", "mg"), "denominator": quantity(1, "mL", "mL")}
            lot = text_of(body.lot)
            yield {
                "resourceType": "Medication",
                "id": naming.id_of("drawn", entry.seq),
                **naming.meta(),
                "code": drug,
                "status": "entered-in-error" if entry.seq in story.voided else "active",
                "amount": {"numerator": milligrams(body.amount_ug), "denominator": quantity(1, "container", "1")},
                "ingredient": [{"itemCodeableConcept": drug, "strength": strength}],
                **({"batch": {"lotNumber": lot}} if lot else {}),
            }


def given(naming: Naming, story: Story) -> Iterator[Json]:
    """Every period at one rate, and every dose at once. An entry made in error says so under the id it had: a server that got it before
    must not go on believing it."""
    treatment = story.created.order.treatment
    for one in rate_periods(story):
        rate = of_milli(one.rate_ug_per_min, "mg/min", "mg/min")
        dose: Json = {} if one.end_ms is None else {"dose": _amount(one.rate_ug_per_min, one.end_ms - one.start_ms)}
        status = "completed" if one.end_ms is not None else "in-progress"
        when = {"effectivePeriod": period(one.start_ms, one.end_ms)}
        yield _administration(naming, story, one.seq, treatment, status, when, {**dose, "rateQuantity": rate}, one.by)
    for entry in story.entered:
        body, voided = entry.body, story.voided.get(entry.seq)
        if isinstance(body, BolusGiven):
            dosage = {"dose": milligrams(body.amount_ug)}
        elif isinstance(body, RateSet) and voided is not None:
            dosage = {"rateQuantity": of_milli(body.rate_ug_per_min, "mg/min", "mg/min")}
        else:
            continue
        reason = None if voided is None else f"entered in error, marked by {voided.by}: {voided.reason}"
        status = "completed" if voided is None else "entered-in-error"
        at = {"effectiveDateTime": format_ms(entry.at_ms)}
        yield _administration(naming, story, entry.seq, treatment, status, at, dosage, body.by) | notes(reason)


def rate_periods(story: Story) -> list[RatePeriod]:
    """By the rules of the dose account (`core.corrections`): the ordered rate from the first start, the paused one after a pause."""
    found: list[RatePeriod] = []
    running: RatePeriod | None = None
    resumed_rate, phase, is_started = 0, Phase.PLANNED, False
    planned = planned_rate_ug_per_min(story.created.order.dose_ug, story.created.order.duration_ms)

    def turn(entry: Entry, rate_ug_per_min: int, by: str) -> None:
        nonlocal running
        if running is not None and running.rate_ug_per_min:
            found.append(msgspec.structs.replace(running, end_ms=entry.at_ms))
        running = RatePeriod(entry.seq, entry.at_ms, None, rate_ug_per_min, by)

    for entry in story.entered:
        body = entry.body
        if isinstance(body, PhaseOrdered):
            if body.phase is Phase.INFUSING:
                turn(entry, resumed_rate if is_started else planned, body.by)
                is_started = True
            elif phase is Phase.INFUSING:
                resumed_rate = running.rate_ug_per_min if running is not None else 0
                turn(entry, 0, body.by)
            phase = body.phase
        elif isinstance(body, RateSet) and entry.seq not in story.voided:
            turn(entry, body.rate_ug_per_min, body.by)
    if running is not None and running.rate_ug_per_min:
        found.append(running)
    return found


def _administration(naming: Naming, story: Story, seq: int, treatment: Treatment, status: str, when: Json, dosage: Json, by: str) -> Json:
    vials = [
        {"reference": f"Medication/{naming.id_of('drawn', entry.seq)}"}
        for entry in story.entered
        if isinstance(entry.body, DrugDrawn) and entry.seq not in story.voided
    ]
    ordered = {"request": {"reference": f"MedicationRequest/{naming.id_of('order')}"}} if treatment is not Treatment.NONE else {}
    route = {"route": _ROUTES[treatment]} if treatment in _ROUTES else {}
    return {
        "resourceType": "MedicationAdministration",
        "id": naming.id_of("given", seq),
        **naming.meta(),
        "status": status,
        "medicationCodeableConcept": drug_of(treatment),
        "subject": naming.subject,
        "context": naming.encounter,
        **({"supportingInformation": vials} if vials else {}),
        **when,
        "performer": [{"actor": person(by)}],
        **ordered,
        "dosage": {**route, **dosage},
    }


def _amount(rate_ug_per_min: int, for_ms: int) -> Json:
    """Milligrams, to the microgram."""
    exact = Decimal(rate_ug_per_min * for_ms) / _MS_A_MIN / 1000
    return quantity(exact.quantize(_MICROGRAM, ROUND_HALF_EVEN), "mg", "mg")
