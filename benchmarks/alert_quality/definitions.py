"""The page's prose: what was played, and what every figure means."""

from typing import Any, Final

from benchmarks.alert_quality.bedside import ACKNOWLEDGED_AFTER_S
from benchmarks.alert_quality.casting import ARTEFACT_MEDIAN_S, ARTEFACT_S, PLANS, SPELLS
from benchmarks.alert_quality.naive import OVERDUE_INTERVALS
from benchmarks.alert_quality.truth import LOOK_BACK_S, MARGIN, MARGIN_SDS, TOLERANCE_S
from schemas.limits import Limits
from schemas.vitals import VITAL_SIGNS
from simulators.sensors import AVERAGING_S

_HEAD: Final = """\
# Alert quality

Written by `make alert-quality`, never by hand: {sessions} simulated sessions ({hours:g} h), seed {seed}, rule set `{limits_version}`
(SHA-256 `{digest}`). The engine judges each session as it would judge a patient; beside it, in the same run and on the same
values, stand the same limits used naively. What was true comes from the simulated patient, not from a rule.

> **It says how the rules behave under this simulator's physiology and artefacts, not how they do in a clinic.** Size and number of
> the artefacts are largely own proposal; no physician has reviewed limits or simulator."""

_PLAYED: Final = """\
## What was played

Every scenario of `simulators/scenarios/` in turn, with patients, times and sizes varied by the seed; the uneventful one three times
as often, twice of three with a patient drawn from the published population. Whole sessions, mostly 6 min of baseline, 40 of infusion, 30
of recovery. Half of them have artefacts on top: {plans}.

Motion and noise last {shortest:g}-{longest:g} s; half of them are over within {median:g} s, as half of the alarms that meant nothing were
in Görges 2009 (Anesth Analg 108:1546). A simulated clinician acknowledges every alert {acknowledged} s after it was raised; a second cuff
that the engine asks for is measured. {overridden} sessions were started with an override. Where one could not be started, another
was drawn in its place: {not_started}.

`python -m benchmarks.alert_quality --only SESSION` shows one of them in full."""

_DEFINITIONS: Final = """\
## Definitions

- **Truth.** The simulated patient's own values, second by second, before noise, artefact and rounding. A streamed sign is averaged as
  the device averages (time constant: {averaging}), because no rule can act on what no number shows yet; a pressure is
  the mean of 11 s, which takes the breath out. The baseline of a change is the median of the true values of the baseline phase. Limits
  are turned into numbers by code of the benchmark, not of the core.
- **True event.** A stretch of time, in a phase of the rule, with the truth beyond the limit.
- **Sustained.** Within it the truth is beyond the limit by more than {sds:g} standard deviations of the sensor's own error
  ({margins}) for longer than the allowed time, while no fault or artefact hides the
  sign. For a cuff the standard deviation holds its bias on this arm and its repeatability.
- **Allowed time** of a streamed rule: its onset + {tolerance:g} s, from the first value in the stretch that arrives in its order. Of a cuff
  rule: until the first cuff after the onset that was not falsified, + the time in which the rule waits for a second one
  (`confirm.within_s`), + {tolerance:g} s; where a falsified cuff comes in between, from the next good one on. Clauses that the rule calls
  immediate are asked for a second time, without that wait.
- **Hidden.** A probe or lead that is off, a stuck value, motion and noise (and four time constants after them), a monitor that hangs, a
  cut line. Values in the wrong order or from a clock that was set back are history by the wire's contract: after a step back for
  {rebase:g} s (`admission.rebase_after_s`). A hidden event is asked for as soon as it shows again.
- **Detected.** An alert of that rule is raised in the event, or is open when it is due. **Missed**: neither. Every later stretch that
  outlasts the allowed time is asked for anew.
- **Delay.** From the second in which the patient's value, not averaged, is beyond limit and margin (looked for up to {back} s back), to the
  alert; 0 where it was there before. **Excess**: from the end of the rule's own time; below 0 where the alert came before it.
- **Slight event.** Longer than the allowed time (and a cuff interval), but within the sensor's error of the limit, or hidden: counted,
  and not part of the goal.
- **False alert.** The truth was not beyond the limit at any moment from {back} s before the condition was first seen to {back} s after the
  alert. *By sensor error*: it was within the margin of it.
- **Ended while true.** Values ended the alert while the truth was beyond the limit by the margin.
- **Naive.** The same limits, phases and baselines on the same values as they arrive: beyond the limit raises at once, inside ends at
  once, each crossing is a new alert. Values outside the plausible range are kept from it. Missing data: a value that is said to be
  missing, or is {overdue:g} intervals old, raises at once.
- **Worst tenth.** The sessions with the most naive alerts: few patients who live on a limit must not make the figure.
- **Presented.** An alert raised while no alert of the same cause and of the same or a higher priority is open: alerts of one cause are
  shown as one. *Fewer presented* groups the naive ones as well. **Audible**: presented, of every rule that measurements alone can raise.
- **Uneventful.** Nothing was made to happen to patient, sensors or line. Drawn patients may still cross a limit by themselves; what is
  raised then counts.
- **Artefact session.** One with a fault or an artefact, of the scenario or put on top, whatever happens to the patient."""


def head(figures: dict[str, Any], digest: str) -> str:
    return _HEAD.format(digest=digest[:16], **{key: figures[key] for key in ("sessions", "hours", "seed", "limits_version")})


def played(figures: dict[str, Any]) -> str:
    plans = [plan for plan in dict.fromkeys(PLANS) if SPELLS[plan]]
    return _PLAYED.format(
        plans="; ".join(f"*{plan}* ({', '.join(f'{count} {kind}' for kind, count in SPELLS[plan].items())})" for plan in plans),
        shortest=ARTEFACT_S[0],
        longest=ARTEFACT_S[1],
        median=ARTEFACT_MEDIAN_S,
        acknowledged=ACKNOWLEDGED_AFTER_S,
        overridden=figures["overridden_starts"],
        not_started=len(figures["not_started"]),
    )


def definitions(limits: Limits) -> str:
    return _DEFINITIONS.format(
        averaging=", ".join(f"{VITAL_SIGNS[vital].label} {tau_s:g} s" for vital, tau_s in AVERAGING_S.items()),
        sds=MARGIN_SDS,
        margins=", ".join(f"{VITAL_SIGNS[vital].label} {margin:.1f}" for vital, margin in MARGIN.items()),
        tolerance=TOLERANCE_S,
        rebase=limits.admission.rebase_after_s,
        back=LOOK_BACK_S,
        overdue=OVERDUE_INTERVALS,
    )
