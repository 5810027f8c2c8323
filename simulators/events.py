"""What may happen to a simulated patient, to the sensors on them and to the line to the monitor.

Times are minutes of the scenario: 0 is the beginning of the baseline phase, `timeline.baseline_min` the start of the infusion, whenever
the clinician really starts it.
"""

from typing import Annotated

import msgspec

from schemas.vitals import Vital

Minute = Annotated[float, msgspec.Meta(ge=0, le=600)]


class Spell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that lasts from one minute to another."""

    from_min: Minute
    to_min: Minute

    def __post_init__(self) -> None:
        if self.to_min <= self.from_min:
            raise ValueError("to_min must be after from_min")

    def holds(self, at_min: float) -> bool:
        return self.from_min <= at_min < self.to_min


class PatientSpell(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event of the body: it sets in and fades with a time constant. `only_while_infusing`: it also fades when the infusion stops."""

    only_while_infusing: bool = False


class Surge(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="surge"):
    """The pressure response to the drug is `factor` times the patient's usual one. No drug, no surge."""

    factor: Annotated[float, msgspec.Meta(gt=1, le=6)]


class Tachycardia(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tachycardia"):
    rise_per_min: Annotated[float, msgspec.Meta(gt=0, le=120)]


class Desaturation(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="desaturation"):
    """SpO2 falls towards `lowest` in %, and breathing slows."""

    lowest: Annotated[float, msgspec.Meta(ge=50, le=97)]


class VagalReaction(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="vagal_reaction"):
    systolic_fall: Annotated[float, msgspec.Meta(gt=0, le=80)]
    heart_rate_fall: Annotated[float, msgspec.Meta(gt=0, le=60)]


class ProbeOff(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="probe_off"):
    """The finger probe is off: SpO2 is sent as null."""


class LeadsOff(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="leads_off"):
    """ECG electrodes are off: heart rate and respiratory rate (impedance) are sent as null."""


class CuffFails(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="cuff_fails"):
    """Every cuff cycle that ends in this time has no result: all its values are null."""


class Stuck(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="stuck"):
    """One streamed value stands still while the monitor's counter goes on."""

    vital: Vital

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vital not in (Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE):
            raise ValueError(f"{self.vital} is not a streamed value of the simulated monitor")


class Frozen(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="frozen"):
    """The bedside monitor hangs: frames keep coming with the same measurement, its counter and time standing still. No cuff is started."""


class Disconnect(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="disconnect"):
    """The line is cut. The device keeps measuring and sends what was kept when the line is back."""


PatientEvent = Surge | Tachycardia | Desaturation | VagalReaction
Fault = ProbeOff | LeadsOff | CuffFails | Stuck | Frozen | Disconnect
Event = PatientEvent | Fault
