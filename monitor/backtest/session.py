"""One log under two rule sets: each line is decoded once and goes through both."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from monitor.backtest.judging import Judge, Judged, TooManyRaised
from monitor.backtest.log_file import Block, LogBroken, read_lines
from monitor.backtest.logged import AlertName, AlertThen, Line, Logged, LoggedBody, OutputThen, Said, line_decoder
from monitor.backtest.rule_set import RuleSet, phases_of
from monitor.core.limits import LimitsError
from schemas.log import DeviceBound, SessionCreated
from schemas.measurement import Mode
from schemas.session import Phase

OnBlock = Callable[[int, int], None]  # bytes read, readings judged: of this log so far


class PhaseSince(msgspec.Struct, frozen=True):
    at_ms: int
    phase: Phase


class SessionResult(msgspec.Struct, frozen=True, kw_only=True):
    """`judged_ms`: how long it was in a phase in which a rule of either set applies. `parted_at_ms`: from there on the two sets judged
    different phases, since one of them refused a step that the other took; None where that did not happen."""

    path: str
    session: str
    installation: str | None
    room: str
    modes: tuple[Mode, ...]
    began_ms: int
    ended_ms: int
    judged_ms: int
    readings: int
    phases: tuple[PhaseSince, ...]
    parted_at_ms: int | None
    has_manifest: bool
    a: Judged
    b: Judged


def judge_log(path: Path, a: RuleSet, b: RuleSet, on_block: OnBlock) -> SessionResult:
    """Judge one log. Memory is a block of lines and what was raised. Raises LogBroken."""
    session: _Session | None = None
    installation: str | None = None
    last_type = ""
    for block in read_lines(path, line_decoder):
        lines = block.lines
        beside = [line for line in lines if line.entry is None]
        installation = next((line.installation for line in beside if line.type == "header"), installation)
        if session is None:
            first = next((index for index, line in enumerate(lines) if line.entry is not None), None)
            if first is None:
                continue
            session = _begin(path, block.number + first, lines[first].entry, a, b)
            block = Block(block.number + first + 1, lines[first + 1 :], block.end)
        try:
            session.take(block.lines)
        except (_Misplaced, TooManyRaised) as error:
            raise LogBroken(str(path), block.number + session.position, str(error)) from error
        last_type = lines[-1].type if lines else last_type
        on_block(block.end, session.readings)
    if session is None:
        raise LogBroken(str(path), None, "no entry of a session is in it: export the session anew")
    return session.result(str(path), installation, has_manifest=last_type == "manifest")


def _begin(path: Path, number: int, first: Logged | None, a: RuleSet, b: RuleSet) -> "_Session":
    assert first is not None  # the caller looked for it
    created = first.body
    if not isinstance(created, SessionCreated):
        kind = type(created).__struct_config__.tag
        why = f"the log begins with {kind}, not with session_created: its beginning was cut off, export the session anew"
        raise LogBroken(str(path), number, why)
    try:
        return _Session(first, created, a, b)
    except LimitsError as error:
        raise LogBroken(str(path), number, f"the rule set in the log cannot be used: {error}") from error


class _Misplaced(Exception):
    """An entry that does not belong here."""


class _Session:
    """A session on its way through both judges. `position`: the line of the last block that was taken last."""

    def __init__(self, first: Logged, created: SessionCreated, a: RuleSet, b: RuleSet) -> None:
        under_a, under_b = a.into(created), b.into(created)
        self._id = first.session
        self._created = created
        self._began_ms = first.at_ms
        self._a = Judge(first.session, under_a, first.at_ms)
        self._b = Judge(first.session, under_b, first.at_ms)
        self._judged_phases = phases_of(under_a) | phases_of(under_b)
        self._phases = [PhaseSince(first.at_ms, self._a.phase)]
        self._parted_at_ms: int | None = None
        self._causes: dict[str, str] = {}  # rule -> cause, as it was then
        self._modes: dict[Mode, None] = {}
        self.readings = 0
        self.position = 0

    def take(self, lines: Sequence[Line]) -> None:
        """The next lines of the log: what a backtest costs is this loop. Raises _Misplaced and TooManyRaised, with `position` set."""
        measure_a, measure_b, session = self._a.measure, self._b.measure, self._id
        readings = position = 0
        try:
            for position, line in enumerate(lines):  # noqa: B007 - read after the loop
                logged = line.entry
                if logged is None:
                    continue
                if logged.session != session:
                    raise _Misplaced(f"an entry of another session, {logged.session}: one file holds one session")
                body = logged.body
                if type(body) is Said:
                    measure_a(body, logged.at_ms)
                    measure_b(body, logged.at_ms)
                    readings += len(body.values)
                else:
                    self._event(body, logged.at_ms, logged.seq)
        finally:
            self.position = position
            self.readings += readings

    def _event(self, body: LoggedBody, at_ms: int, seq: int) -> None:
        if isinstance(body, AlertThen | OutputThen):
            if isinstance(body, AlertThen):
                self._causes[body.alert.rule] = body.alert.cause
            self._a.advance(at_ms)  # it was made then: time had come this far
            self._b.advance(at_ms)
            return
        if isinstance(body, SessionCreated):
            raise _Misplaced("a second session begins here: one file holds one session")
        assert not isinstance(body, Said)  # taken by the loop
        if isinstance(body, DeviceBound):
            self._modes[body.mode] = None
        target = self._target(body)
        self._a.apply(body, at_ms, target, seq)
        self._b.apply(body, at_ms, target, seq)
        if self._a.phase is not self._phases[-1].phase:
            self._phases.append(PhaseSince(self._a.engine.at_ms, self._a.phase))
        if self._parted_at_ms is None and self._a.phase is not self._b.phase:
            self._parted_at_ms = at_ms

    def _target(self, body: LoggedBody) -> AlertName | None:
        """The alert of then that an input speaks of, with its rule and cause: 'BP-H1.2' is the second of BP-H1."""
        alert = getattr(body, "alert", None)
        if not isinstance(alert, str):
            return None
        rule = alert.rpartition(".")[0]
        return AlertName(self._causes.get(rule, ""), alert, rule)

    def result(self, path: str, installation: str | None, *, has_manifest: bool) -> SessionResult:
        ended_ms = self._a.engine.at_ms
        a, b = self._a.finish(ended_ms), self._b.finish(ended_ms)
        return SessionResult(
            path=path,
            session=self._id,
            installation=installation,
            room=self._created.room,
            modes=tuple(self._modes),
            began_ms=self._began_ms,
            ended_ms=ended_ms,
            judged_ms=self._judged_ms(ended_ms),
            readings=self.readings,
            phases=tuple(self._phases),
            parted_at_ms=self._parted_at_ms,
            has_manifest=has_manifest,
            a=a,
            b=b,
        )

    def _judged_ms(self, ended_ms: int) -> int:
        ends = [*(since.at_ms for since in self._phases[1:]), ended_ms]
        return sum(end - since.at_ms for since, end in zip(self._phases, ends, strict=True) if since.phase in self._judged_phases)
