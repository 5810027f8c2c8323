"""The rule set: the default one is whole, and a wrong row is refused by name. A rule that could never be raised, never end or never be
seen must not be armed."""

import re

import msgspec
import pytest

from monitor.core.armed import arm_term
from monitor.core.limits import LimitsError, decode_limits, encode_limits, parse_limits
from schemas.limits import Direction, Limits, Rule, RuleKind, Term
from schemas.vitals import VITAL_SIGNS, Vital
from tests.unit.core.bedside import LIMITS_FILE, default_limits

TEXT = LIMITS_FILE.read_text(encoding="utf-8")


def test_the_default_rule_set_is_whole() -> None:
    limits = parse_limits(TEXT)
    assert len(limits.rule) == 58
    for rule in limits.rule:
        assert rule.source
        assert rule.sure
        assert rule.reviewer == "unreviewed", "a reviewed row is a physician's: then this test names it"
        assert rule.title
    for part in (limits.admission, limits.baseline, limits.freshness):
        assert part.source
        assert part.sure


def test_the_rule_set_in_a_log_is_the_one_in_the_file() -> None:
    text, digest = encode_limits(parse_limits(TEXT))
    assert decode_limits(text) == parse_limits(TEXT)
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    assert encode_limits(decode_limits(text)) == (text, digest)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"version":"1"}'])
def test_a_rule_set_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(LimitsError):
        decode_limits(text)


def changed(old: str, new: str) -> str:
    assert old in TEXT, f"the file has no {old!r} any more"
    return TEXT.replace(old, new, 1)


SBP_TERM = 'vital = "systolic_bp", direction = "high", limit = 180, clear = 170'
HR_TERM = 'vital = "heart_rate", direction = "high", limit = 131, clear = 125'
HR_RULE = f"any = [{{ all = [{{ {HR_TERM} }}] }}]\nonset_s = 15\nlatch = true"
RISE = 'vital = "systolic_bp", direction = "high", change_percent = 20, floor = 140, clear_change_percent = 15'
CONFIRM = "confirm = { min_gap_s = 30, within_s = 120 }\nclear_readings = 2"
HR_MISSING = 'missing = ["heart_rate"]\nafter_s = 5'
CUFF_MISSING = 'missing = ["systolic_bp"]\nafter_intervals = 1.5'
SLOW = "unless_baseline_below = 55, then_change = -10"

WRONG = {
    "not TOML": (changed("[admission]", "[admission"), "limits:"),
    "an unknown key": (changed("onset_s = 15", "onset = 15"), "onset"),
    "a number as text": (changed("limit = 180", 'limit = "180"'), "limit"),
    "a number that is none": (changed("limit = 180", "limit = nan"), "limit"),
    "a number without end": (changed("limit = 180", "limit = inf"), "limit"),
    "a pulse pressure that is no number": (changed("[200.0, 50.0]", "[200.0, nan]"), "pulse_pressure"),
    "a pulse pressure below nothing": (changed("[200.0, 50.0]", "[200.0, -1.0]"), "pulse_pressure"),
    "an unknown vital sign": (changed('vital = "heart_rate"', 'vital = "heartrate"'), "heartrate"),
    "an unknown phase": (changed('phases = ["infusing"', 'phases = ["infusion"'), "infusion"),
    "no source": (changed('source = "NEWS2 red limit 131"\n', ""), "source"),
    "an id that is none": (changed('id = "HR-H1"', 'id = "HRH1"'), "id"),
    "an id twice": (changed('id = "HR-M1"', 'id = "BP-M1"'), "rule BP-M1 stands twice"),
    "an id of another priority": (changed('id = "HR-M1"', 'id = "HR-H9"'), "rule HR-H9: its id says another priority than medium"),
    "a high rule that does not latch": (changed("onset_s = 15\nlatch = true", "onset_s = 15"), "rule HR-H1: a high priority latches"),
    "a phase in which nothing is judged": (changed('phases = ["infusing"', 'phases = ["baseline", "infusing"'), "rule BP-H1: rules apply"),
    "the phase after the end": (changed('phases = ["infusing"', 'phases = ["closed", "infusing"'), "rule BP-H1: rules apply in the phases"),
    "a limit on the wrong side of its clearing": (
        changed("limit = 180, clear = 170", "limit = 180, clear = 185"),
        "BP-H1: clear 185 is on",
    ),
    "a low limit that clears below it": (changed("limit = 40, clear = 45", "limit = 40, clear = 35"), "HR-H2: clear 35 is on the wrong"),
    "an implausible limit": (changed("limit = 180", "limit = 301"), "rule BP-H1: 301 is not a plausible SBP (30-300)"),
    "a value that nobody reaches to clear": (
        changed("limit = 94, at_limit = false, clear = 95", "limit = 94, clear = 101"),
        "OX-L1: 101 is not",
    ),
    "two limits in a term": (changed(SBP_TERM, f"{SBP_TERM}, change = 20"), "rule BP-H1: a term takes exactly one of"),
    "no limit in a term": (changed("limit = 180, ", ""), "rule BP-H1: a term takes exactly one of"),
    "two clearings": (changed(SBP_TERM, f"{SBP_TERM}, clear_margin = 5"), "rule BP-H1: a term takes at most one of clear"),
    "a floor under a limit": (changed(SBP_TERM, f"{SBP_TERM}, floor = 150"), "rule BP-H1: floor and clear_change_percent are for changes"),
    "half of a personal limit": (
        changed(SLOW, "unless_baseline_below = 55"),
        "rule HR-M2: unless_baseline_below and then_change go together",
    ),
    "a personal limit that is high": (changed(HR_TERM, f"{HR_TERM}, {SLOW}"), "rule HR-H1: unless_baseline_below is for low limits"),
    "a personal limit of a change": (changed(RISE, f"{RISE}, {SLOW}"), "rule BP-L1: unless_baseline_below is for limits"),
    "a rise that falls": (changed("change_percent = 20", "change_percent = -20"), "rule BP-L1: a change of -20 does not go high"),
    "a change of nothing": (changed("change_percent = 20", "change_percent = 0"), "rule BP-L1: a change of 0 does not go high"),
    "a fall that rises": (changed("change = -4", "change = 4"), "rule OX-L1: a change of 4 does not go low"),
    "a floor under a fall": (changed("change = -4,", "change = -4, floor = 90,"), "rule OX-L1: a floor is for rises"),
    "a change in a rule of limits": (changed("limit = 131, clear = 125", "change = 30"), "rule HR-H1: kind change is for changes"),
    "limits in a rule of changes": (changed(RISE, SBP_TERM), "rule BP-L1: kind change is for changes"),
    "no clauses": (changed(HR_RULE, "onset_s = 15\nlatch = true"), "rule HR-H1: kind limit takes `any`"),
    "silence in a rule of limits": (changed("onset_s = 15", 'onset_s = 15\nmissing = ["spo2"]'), "rule HR-H1: kind limit takes `any`"),
    "a second cuff of a stream": (changed("onset_s = 15", f"{CONFIRM}"), "rule HR-H1: confirm is for cuff values"),
    "an onset and a second cuff": (changed(CONFIRM, f"{CONFIRM}\nonset_s = 5"), "rule BP-H1: confirm is for cuff values"),
    "a second cuff that cannot come in time": (changed("within_s = 120", "within_s = 30"), "rule BP-H1: no second cuff can come"),
    "a clause that no cuff can confirm": (
        changed('vital = "mean_bp"', 'vital = "spo2"'),
        "BP-H3: confirm",
    ),
    "silence with clauses": (
        changed(HR_MISSING, f"{HR_MISSING}\nany = [{{ all = [{{ {HR_TERM} }}] }}]"),
        "rule TEC-L2: kind missing is raised",
    ),
    "silence with an onset": (changed(HR_MISSING, f"{HR_MISSING}\nonset_s = 5"), "rule TEC-L2: kind missing is raised"),
    "silence with a second cuff": (changed(HR_MISSING, f"{HR_MISSING}\n{CONFIRM}"), "rule TEC-L2: kind missing is raised"),
    "silence of nothing": (changed(HR_MISSING, "after_s = 5"), "rule TEC-L2: kind missing takes `missing` and exactly one of"),
    "silence without a time": (
        changed(HR_MISSING, 'missing = ["heart_rate"]'),
        "rule TEC-L2: kind missing takes `missing` and exactly one",
    ),
    "silence with two times": (changed(HR_MISSING, f"{HR_MISSING}\nafter_intervals = 2"), "rule TEC-L2: kind missing takes `missing`"),
    "a stream by intervals": (changed(HR_MISSING, 'missing = ["heart_rate"]\nafter_intervals = 2'), "rule TEC-L2: a cuff is missing"),
    "a cuff by seconds": (
        changed('missing = ["systolic_bp"]\nafter_intervals = 1.5', 'missing = ["systolic_bp"]\nafter_s = 5'),
        "TEC-L1: a cuff",
    ),
    "no rule for a danger that must have one": (
        changed('cause = "all_missing"', 'cause = "most_missing"'),
        "no rule of high priority for all_missing",
    ),
    "two signs in a term": (
        changed('charted = "seizure"', 'charted = "seizure", derived = "no_pulse"'),
        "rule SYM-H1: a term takes exactly one of vital",
    ),
    "a change of what has no baseline": (
        changed('{ derived = "no_pulse", direction = "high", limit = 1 }', '{ derived = "no_pulse", direction = "high", change = 1 }'),
        "rule HR-H3: only a vital sign has a baseline",
    ),
    "a clearing in a row of what comes once": (
        changed('cause = "vomiting"', 'clear_hold_s = 5\ncause = "vomiting"'),
        "rule GI-H1: clear_readings and clear_hold_s are for vital signs",
    ),
    "bounds around nothing": (changed("min = 110, max = 150", "min = 135, max = 150"), "rule HR-H1: adjust of heart_rate needs one limit"),
    "bounds beyond life": (changed("min = 110, max = 150", "min = 110, max = 350"), "rule HR-H1: adjust of heart_rate is not between"),
    "bounds of silence": (
        changed(HR_MISSING, f'{HR_MISSING}\nadjust = [{{ vital = "heart_rate", direction = "high", min = 110, max = 150 }}]'),
        "rule TEC-L2: adjust is for limits",
    ),
    "a gate twice": (changed('id = "G-BP2"', 'id = "G-BP1"'), "gate G-BP1 stands twice"),
    "a gate of nothing": (changed('no_open_alert = "high"', ""), "gate D-ALR: it takes"),
    "a gate with a wrong term": (
        changed('charted = "discharge_score", direction = "low", limit = 9, ', 'charted = "discharge_score", direction = "low", '),
        "D-SCO: a term takes exactly one of limit",
    ),
    "a yes that is a score": (changed('asked = ["sedation"]', 'needs = ["sedation"]'), "gate D-SED: needs is for a yes"),
    "no gate before the discharge": (TEXT.replace('before = "discharge"', 'before = "start"'), "no gate before discharge"),
    "a pause without end": (changed("audio_pause_max_s = 120.0", "audio_pause_max_s = 600.0"), "audio_pause_max_s"),
    "pulse pressures in disorder": (changed("[[200.0, 50.0], [150.0, 30.0]", "[[150.0, 30.0], [200.0, 50.0]"), "highest systolic first"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_row_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(LimitsError) as refused:
        parse_limits(text)
    assert said in str(refused.value)


def test_no_rules_are_no_rule_set() -> None:
    limits = msgspec.to_builtins(default_limits())
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**limits, "rule": []}, Limits)


def test_a_rule_set_in_a_log_is_checked_too() -> None:
    limits = default_limits()
    doubled = msgspec.structs.replace(limits, rule=(limits.rule[0], limits.rule[0]))
    with pytest.raises(LimitsError, match="stands twice"):
        decode_limits(encode_limits(doubled)[0])


# --- terms as numbers -----------------------------------------------------------------------------------------------------------------

HR, SPO2 = Vital.HEART_RATE, Vital.SPO2
HIGH, LOW = Direction.HIGH, Direction.LOW


@pytest.mark.parametrize(
    ("term", "baseline", "limit", "clear", "sign"),
    [
        (Term(vital=HR, direction=HIGH, limit=131.0), None, 131_000, 131_000, ">="),
        (Term(vital=HR, direction=HIGH, limit=131.0, at_limit=False), None, 131_001, 131_001, ">"),
        (Term(vital=HR, direction=LOW, limit=40.0), None, 40_000, 40_001, "<="),
        (Term(vital=HR, direction=LOW, limit=50.0, at_limit=False), None, 49_999, 50_000, "<"),
        (Term(vital=HR, direction=HIGH, limit=131.0, clear=125.0), None, 131_000, 125_000, ">="),
        (Term(vital=HR, direction=HIGH, limit=131.0, clear_margin=6.0), None, 131_000, 125_000, ">="),
        (Term(vital=HR, direction=LOW, limit=40.0, clear_margin=5.0), None, 40_000, 45_000, "<="),
        (Term(vital=HR, direction=HIGH, change=30.0), 72_000, 102_000, 102_000, ">="),
        (Term(vital=HR, direction=HIGH, change=30.0, floor=110.0), 72_000, 110_000, 110_000, ">="),
        (Term(vital=HR, direction=HIGH, change_percent=30.0, clear_change_percent=20.0), 70_000, 91_000, 84_000, ">="),
        (Term(vital=HR, direction=LOW, change_percent=-30.0, clear_margin=5.0), 70_000, 49_000, 54_000, "<="),
        # never inside the breach
        (Term(vital=HR, direction=HIGH, change=10.0, clear_change_percent=50.0), 70_000, 80_000, 80_000, ">="),
        (Term(vital=HR, direction=LOW, change=-10.0, clear_change_percent=-50.0), 70_000, 60_000, 60_001, "<="),
        # never where no plausible value reaches it
        (Term(vital=SPO2, direction=LOW, limit=98.0, clear_margin=5.0), None, 98_000, 100_000, "<="),
        (Term(vital=HR, direction=HIGH, limit=22.0, clear_margin=5.0), None, 22_000, 20_001, ">="),
        # a slow baseline
        (
            Term(vital=HR, direction=LOW, limit=50.0, clear=53.0, unless_baseline_below=55.0, then_change=-10.0),
            54_999,
            44_999,
            47_999,
            "<=",
        ),
        (
            Term(vital=HR, direction=LOW, limit=50.0, clear=53.0, unless_baseline_below=55.0, then_change=-10.0),
            55_000,
            50_000,
            53_000,
            "<=",
        ),
        (Term(vital=HR, direction=LOW, limit=50.0, clear=53.0, unless_baseline_below=55.0, then_change=-10.0), None, 50_000, 53_000, "<="),
    ],
)
def test_a_term_in_thousandths(term: Term, baseline: int | None, limit: int, clear: int, sign: str) -> None:
    armed = arm_term(term, baseline)
    assert armed is not None
    assert (armed.limit_milli, armed.clear_milli, armed.symbol, armed.baseline_milli) == (limit, clear, sign, baseline)


@pytest.mark.parametrize("term", [Term(vital=HR, direction=HIGH, change=30.0), Term(vital=HR, direction=HIGH, change_percent=30.0)])
def test_a_change_without_a_baseline_is_no_limit(term: Term) -> None:
    assert arm_term(term, None) is None


@pytest.mark.parametrize("rule", default_limits().rule, ids=lambda rule: rule.id)
def test_every_default_rule_can_be_raised_and_cleared(rule: Rule) -> None:
    """Whatever the baseline is: there is room between breach and clearing, on the plausible side."""
    for clause in (*rule.any, *rule.immediate):
        for term in clause.all:
            if term.vital is None:
                continue
            sign = VITAL_SIGNS[term.vital]
            for baseline_milli in range(sign.plausible_min * 1000, sign.plausible_max * 1000, 500):
                armed = arm_term(term, baseline_milli)
                assert armed is not None
                if armed.is_high:
                    assert sign.plausible_min * 1000 < armed.clear_milli <= armed.limit_milli
                else:
                    assert armed.limit_milli < armed.clear_milli <= sign.plausible_max * 1000


def test_kinds_of_the_default_rules() -> None:
    kinds = {kind: sum(rule.kind is kind for rule in default_limits().rule) for kind in RuleKind}
    assert kinds == {RuleKind.LIMIT: 42, RuleKind.CHANGE: 8, RuleKind.MISSING: 8}
