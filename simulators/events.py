"""What may happen to a simulated patient, to the sensors on them and to the line to the monitor.

A fault takes a number away or lets it stand still; an artefact makes a wrong one, or brings a right one at a wrong time.

Times are minutes of the scenario: 0 is the beginning of the baseline phase, `timeline.baseline_min` the start of the infusion, whenever
the clinician really starts it.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.vitals import Vital
from simulators.spell import Spell
from simulators.wire_events import WireEvent


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


class Apnoea(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="apnoea"):
    """The patient does not breathe. What that does to oxygen and carbon dioxide follows."""


class Panic(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="panic"):
    """Fear: heart, pressure and breathing go up with `strength`; midazolam calms it."""

    strength: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class Emesis(PatientSpell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="emesis"):
    """Retching: heart rate up, breathing held."""


class ProbeOff(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="probe_off"):
    """The finger probe is off: SpO2 is sent as null."""


class LeadsOff(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="leads_off"):
    """ECG electrodes are off: heart rate and respiratory rate (impedance) are sent as null."""


class SameLimb(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="same_limb"):
    """Probe and cuff are on one arm: while the cuff is inflated SpO2 has no value."""


class LowPerfusion(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="low_perfusion"):
    """A cold hand: in a `share` of the seconds the oximeter finds no pulse, in the others it reads low and unsteadily."""

    share: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.4


class Averaging(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="averaging"):
    """The device averages one streamed value over `over_s` (its time constant) in place of its usual time."""

    vital: Vital
    over_s: Annotated[float, msgspec.Meta(ge=1, le=120)]


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


class CuffWrong(StrEnum):
    """What a moving arm makes of a cuff cycle."""

    HIGH = "high"
    LOW = "low"
    NARROW = "narrow"  # a pulse pressure of a few mm[Hg]
    IMPOSSIBLE = "impossible"  # below what a living patient can have, or systolic below diastolic


class Motion(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="motion"):
    """The patient moves: the oximeter is drawn towards 85 % or loses its signal, the ECG counts beats that are none, the impedance of the
    chest follows the arms."""


class Noise(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="noise"):
    """Electrical noise on the ECG: most beats are counted `factor` times."""

    factor: Annotated[float, msgspec.Meta(gt=1, le=4)] = 2.0


class CuffDisturbed(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="cuff_disturbed"):
    """The arm moves while the cuff deflates: a `share` of the cycles that end in this time have a wrong result."""

    wrong: CuffWrong
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class ClockStep(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="clock_step"):
    """The device's clock is `step_s` ahead (below 0: behind) in this time, and steps back at its end."""

    step_s: Annotated[float, msgspec.Meta(ge=-5e9, le=4e9)]  # to a year far away, as a clock without a battery has it


class Disordered(Spell, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="disordered"):
    """The line delivers late, out of order and twice: a `share` of the measurements comes up to `longest_s` late, and the one before is
    sent again in its place."""

    share: Annotated[float, msgspec.Meta(gt=0, le=0.9)] = 0.3
    longest_s: Annotated[int, msgspec.Meta(ge=1, le=60)] = 8


PatientEvent = Surge | Tachycardia | Desaturation | VagalReaction | Apnoea | Panic | Emesis
Fault = ProbeOff | LeadsOff | SameLimb | CuffFails | Stuck | Frozen | Disconnect
Artefact = Motion | Noise | LowPerfusion | Averaging | CuffDisturbed | ClockStep | Disordered
Event = PatientEvent | Fault | Artefact | WireEvent
