"""What is looked at afterwards: the figures of a session, as the REST API gives them and the dashboard's pages show them.

All of it is derived from the log: it can be thrown away and worked out anew. Pressures in mmHg, SpO2 in %, times in UTC milliseconds.
"""

import msgspec

from schemas.measurement import Mode
from schemas.outcomes import Outcome
from schemas.session import Order, Patient, Phase
from schemas.signs import Charted


class AlertCounts(msgspec.Struct, frozen=True):
    """Alerts that were raised, each occurrence once: physiological ones by priority, `technical` ones of any."""

    high: int
    medium: int
    low: int
    technical: int


class Symptom(msgspec.Struct, frozen=True):
    """A charted symptom at its worst. `value` in the unit of schemas.signs."""

    sign: Charted
    value: int
    at_ms: int


class BroughtIn(msgspec.Struct, frozen=True):
    """A session that was recorded by another installation and brought in from its bundle. `by`: who did it; nothing in what goes out
    without names. `installation`: id of the key that signed the bundle."""

    at_ms: int
    by: str
    installation: str


class SessionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One session in figures.

    `peak_*`: the highest valid cuff value from the first start of the infusion on; of the whole session where none was started.
    `peak_at_ms`: of the systolic peak. `baseline_*` None: none was set. `has_left_band`: the systolic peak lay above the band around the
    baseline that monitor/review/review.toml names; `back_at_ms`: the first valid cuff after the peak within it, None while there was none.
    `brought_in` None: it was recorded here. `given_ug`: at the end of the log. `lowest_spo2`: valid readings, same span as the peaks.
    """

    session: str
    room: str
    patient: Patient
    order: Order
    phase: Phase
    modes: tuple[Mode, ...]
    created_at_ms: int
    started_at_ms: int | None
    stopped_at_ms: int | None
    closed_at_ms: int | None
    last_at_ms: int
    given_ug: int
    baseline_sbp: float | None
    baseline_dbp: float | None
    peak_sbp: float | None
    peak_dbp: float | None
    peak_at_ms: int | None
    has_left_band: bool
    back_at_ms: int | None
    lowest_spo2: float | None
    alerts: AlertCounts
    symptoms: tuple[Symptom, ...]
    notes: int
    last_seq: int
    brought_in: BroughtIn | None = None

    @property
    def rise_sbp(self) -> float | None:
        return None if self.peak_sbp is None or self.baseline_sbp is None else self.peak_sbp - self.baseline_sbp

    @property
    def rise_dbp(self) -> float | None:
        return None if self.peak_dbp is None or self.baseline_dbp is None else self.peak_dbp - self.baseline_dbp


class PastPage(msgspec.Struct, frozen=True):
    """Sessions, newest first. `next_before`: ask with it for the page after this one; None on the last. `pending`: ended sessions whose
    figures are still being worked out; a list of those with high alerts may lack them. `unreadable`: sessions whose log cannot be read.
    `zone`: of the site, for people."""

    sessions: tuple[SessionFigures, ...]
    next_before: str | None
    pending: int
    unreadable: tuple[str, ...]
    zone: str


class AlertRow(msgspec.Struct, frozen=True):
    """Alerts of one kind, each occurrence once. `per_hour` of session time. `acknowledged`: by a person, `ack_median_ms` and `ack_p90_ms`
    after raising (None where nobody did). `alone`: the condition ended before anybody answered. `unseen`: no screen showed it in time.
    `escalated`: further people were called."""

    name: str
    title: str
    raised: int
    per_hour: float
    per_session: float
    acknowledged: int
    ack_median_ms: int | None
    ack_p90_ms: int | None
    alone: int
    unseen: int
    escalated: int


class AlertDay(msgspec.Struct, frozen=True):
    """The sessions that began on a day of the site's zone, YYYY-MM-DD, and their alerts."""

    day: str
    sessions: int
    counts: AlertCounts


class AlertFigures(msgspec.Struct, frozen=True):
    """`left_out`: the range holds older sessions than could be looked at in one go. Rows of rules and rooms: the most alerts first."""

    sessions: int
    hours: float
    left_out: bool
    total: AlertRow
    priorities: tuple[AlertRow, ...]
    rules: tuple[AlertRow, ...]
    rooms: tuple[AlertRow, ...]
    days: tuple[AlertDay, ...]
    zone: str


class PatientRow(msgspec.Struct, frozen=True):
    code: str
    sessions: int
    newest_ms: int


class PatientsPage(msgspec.Struct, frozen=True):
    """By code. `next_after`: ask with it for the page after this one; None on the last."""

    patients: tuple[PatientRow, ...]
    next_after: str | None
    zone: str


class Course(msgspec.Struct, frozen=True):
    """A patient's sessions, oldest first, and every outcome row, corrected ones too, in the order they were entered. `is_whole`: the chain
    over the installation's outcome rows stands up. `left_out`: there are older sessions than these. `today`: at the site."""

    code: str
    sessions: tuple[SessionFigures, ...]
    outcomes: tuple[Outcome, ...]
    is_whole: bool
    left_out: bool
    zone: str
    today: str


class LimitChoice(msgspec.Struct, frozen=True):
    """A limit of the rule set in force that may be tried at another value, `low` to `high`, in `unit`."""

    rule: str
    title: str
    priority: str
    vital: str
    direction: str
    limit: float
    low: float
    high: float
    unit: str


class ReportTable(msgspec.Struct, frozen=True):
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Report(msgspec.Struct, frozen=True):
    """A backtest in words, as `infusion-monitor backtest` says it: what would have been, not what was."""

    lines: tuple[str, ...]
    tables: tuple[ReportTable, ...]
    not_judged: tuple[str, ...]


class BacktestNow(msgspec.Struct, frozen=True):
    """A person's backtest. `state`: waiting, running, done, cancelled, failed. `done` of `total` sessions are judged."""

    state: str
    what: str
    done: int
    total: int
    why: str
    report: Report | None


class AuditNow(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one session, looked at by the verifier. `state`: waiting, reading, writing, verifying, verified, refused, failed.
    `lines`: the verdict of the bundle in words, or why there is none. `written`: bytes of the bundle so far. `says`: what is missing;
    `expected` and `received`: values due and come, of all devices; more can come than were due, such as a cuff that is taken again;
    `expected` None where the log does not say what was due. `why_incomplete`: open, unsealed, or nothing where it is complete. What was
    found is kept until the record has grown past `head`."""

    session: str
    state: str
    head: str | None
    entries: int
    is_complete: bool = False
    expected: int | None = None
    received: int = 0
    gaps: int = 0
    gap_s: float = 0.0
    says: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    why_incomplete: str = ""
    checked_at_ms: int | None = None
    written: int = 0


class ExportNow(msgspec.Struct, frozen=True):
    """One person's archive of many sessions. `state`: waiting, writing, ready, failed. `done` of `total` sessions have been looked after,
    `failed` names those that are not in it and why; `bytes` written so far."""

    state: str
    form: str
    done: int
    total: int
    bytes: int
    failed: tuple[str, ...] = ()
    why: str = ""


class AccessRow(msgspec.Struct, frozen=True):
    """Who looked at a session or took it out."""

    at_ms: int
    kind: str
    who: str | None
    detail: str
