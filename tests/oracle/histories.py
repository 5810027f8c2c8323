"""Random lives of a session as plain data, from a seed: close to the limits, with late, duplicate, frozen and missing data.

An action is (milliseconds before it, kind, detail), in the words of `tests.unit.core.histories.play`. `restart` cuts the log there:
the judge is rebuilt from what is on record and goes on.
"""

from random import Random
from typing import Any

from schemas.session import Phase
from schemas.vitals import Vital

Action = tuple[int, str, Any]
History = list[Action]

HEART = (140, 131, 130.999, 125, 124, 111, 110.999, 106, 105, 100, 99, 94, 93.6, 87, 86, 72, 72, 72, 53, 54, 50, 49.999, 45, 46, 41, 40, 39)
SPO2 = (99, 98, 98, 98, 98, 96, 95.001, 95, 94, 93.999, 93, 92, 91, 90, 89.999, 88, 85, 85.001, 80, 80.001, 79, 70, 69.999, 60)
RESP = (14, 14, 12, 11, 11.001, 10, 9.999, 8, 8.001, 6, 0, 1, 22, 23, 24.999, 25, 27, 26.999, 30, 30.001, 35)
ETCO2 = (38, 38, 46.999, 47, 50, 49.999, 51, 44, 45, 48)
SYSTOLIC = (
    125, 120, 138, 139.999, 140, 143, 143.75, 149, 150, 154.999, 155, 159, 160, 162.5, 164, 165, 169.999, 170, 179.999, 180, 185, 199, 200,
    210, 104, 100, 99.999, 95, 95.001, 92, 90, 89.999, 87.5, 85, 85.001, 84, 80, 79.999, 75, 70, 69.999, 65,
)  # fmt: skip
DIASTOLIC = (76, 76, 76, 80, 94, 95, 96, 99, 100, 101, 104, 105, 109, 110, 119, 120, 60, 50, 45)
MEAN = (92, 92, 92, 100, 65, 66, 64.4, 60, 59.999, 55, 54.999, 69.4, 69.5)
CHARTED = (
    ("sedation", 5), ("sedation", 3), ("sedation", 2), ("sedation", 4), ("agitation", -3), ("agitation", -2), ("agitation", 0),
    ("agitation", 2), ("agitation", 3), ("distress", 8), ("distress", 7), ("distress", 2), ("panic", 1), ("panic", 0), ("vomiting", 1),
    ("vomiting", 0), ("chest_pain", 1), ("chest_pain", 0), ("dyspnoea", 1), ("dyspnoea", 0), ("syncope", 1), ("syncope", 0), ("seizure", 1),
    ("seizure", 0), ("coronary_disease", 1),
)  # fmt: skip
OWN_LIMITS = (
    ("BP-H1", Vital.SYSTOLIC_BP, "high", 170_000), ("BP-H1", Vital.SYSTOLIC_BP, "high", 205_000),
    ("BP-H1", Vital.DIASTOLIC_BP, "high", 105_000),
    ("BP-M1", Vital.SYSTOLIC_BP, "high", 175_000), ("BP-M1", Vital.SYSTOLIC_BP, "high", 145_000), ("OX-H2", Vital.SPO2, "low", 86_000),
    ("OX-H2", Vital.SPO2, "low", 93_000), ("HR-M1", Vital.HEART_RATE, "high", 120_000), ("HR-M1", Vital.HEART_RATE, "high", 102_000),
    ("HR-H2", Vital.HEART_RATE, "low", 48_000), ("RR-H2", Vital.RESPIRATORY_RATE, "low", 10_000),
)  # fmt: skip
GAPS = (
    *(0, 1, 999, 1_000, 1_000, 1_000, 2_001, 4_999, 5_000, 5_001, 9_999, 10_000, 14_999, 15_000, 20_000, 29_999, 30_000, 30_001, 45_000,
      60_000, 90_000, 120_000) * 3, 180_000, 180_000, 450_001, 1_800_000,
)  # fmt: skip
CUFF_GAPS = (1_000, 29_999, 30_000, 30_000, 30_001, 45_000, 60_000, 90_000, 119_999, 120_000)  # about the times a second cuff may take
BEHIND = ((0,), (*[0] * 6, 200, 9_700, 10_201, 300_000), (*[0] * 9, 200, -5_000))  # one kind of wrong clock in a history
KINDS = (
    *["acknowledge"] * 5, *["chart"] * 3, *["shown"] * 3, "order", "order", "propose", "confirm", "restart", "note", "rate",
    "bolus", "pause", "pause",
    "end pause", "screens", "screens", "bind", "unbind", "join", "join", "leave",
)  # fmt: skip
INTERVALS: tuple[dict[str, float], ...] = (
    {},
    {"hr": 1},
    {"sbp": 30},
    {"sbp": 60, "hr": 10},
    {"sbp": 9_999, "spo2": 9_999},
    {"hr": 0.2, "spo2": 2},
)
ENDS = (0, 1_000, 5_000, 20_000, 30_001, 61_000)
LENGTHS = (*[(2, 6)] * 14, *[(7, 12)] * 5, (13, 30))  # of a history, in actions: most faults need few
PHASES = (Phase.PAUSED, Phase.PAUSED, Phase.INFUSING, Phase.INFUSING, Phase.RECOVERY, Phase.CLOSED, Phase.ABORTED)
BASELINES: tuple[dict[str, float], ...] = (
    {}, {}, {"hr": 50, "sbp": 100, "dbp": 60, "map": 73}, {"hr": 85, "sbp": 140, "dbp": 88, "map": 105, "spo2": 95},
    {"hr": 54, "sbp": 115, "map": 90, "rr": 14, "etco2": 38},
)  # fmt: skip


def _pick(random: Random, values: tuple[float, ...], last: dict[str, float | None], name: str) -> float | None:
    """Often the same as before or near it, so that conditions hold; sometimes anything; sometimes nothing or nonsense."""
    roll = random.random()
    if roll < 0.45 and name in last:
        return last[name]
    if roll > 0.96:
        return random.choice((None, None, 0, 301, -1))
    last[name] = random.choice(values)
    return last[name]


def _said(random: Random, last: dict[str, float | None], theme: str) -> dict[str, float | None]:
    said: dict[str, float | None] = {}
    if theme == "cuff" or random.random() < 0.15:
        for name, values in (("sbp", SYSTOLIC), ("dbp", DIASTOLIC), ("map", MEAN)):
            said[name] = _pick(random, values, last, name)
    if theme != "cuff" or random.random() < 0.4:
        said["hr"] = _pick(random, HEART, last, "hr") if theme == "heart" else random.choice((72, 72, 74, 105, 48))
        said["spo2"] = _pick(random, SPO2, last, "spo2") if theme == "spo2" else random.choice((98, 98, 97))
    if theme == "heart" and random.random() < 0.3:
        said["pr"] = random.choice((72, 72, 92, 93, 105, 51))
    if theme == "breath":
        said["rr"] = _pick(random, RESP, last, "rr")
        said["etco2"] = _pick(random, ETCO2, last, "etco2")
    return said


def _command(random: Random) -> tuple[str, Any]:
    kind = random.choice(KINDS)
    match kind:
        case "rate":
            return kind, random.choice((0, 875, 875, 962, 963, 1_750))
        case "bolus":
            return kind, random.choice((1_000, 5_000, 17_500, 38_500, 38_501))
        case "pause":
            return kind, random.choice((1, 5_000, 60_000, 120_000))
        case "screens":
            return kind, random.choice((0, 0, 1, 2))
        case "shown":
            return kind, random.randrange(6)
        case "bind" | "unbind" | "leave":
            return kind, random.choice(("d1", "d2", "d2"))
        case "join":
            return kind, (random.choice(("d1", "d2")), random.choice(("boot", "boot", "boot-2")), random.choice(INTERVALS))
        case "acknowledge":
            return kind, random.randrange(6)
        case "order":
            return kind, random.choice(PHASES)
        case "chart":
            return kind, random.choice(CHARTED)
        case "propose":
            return kind, (random.choice(OWN_LIMITS), random.choice(("anna", "ben")))
        case "confirm":
            return kind, (random.randint(1, 3), random.choice(("anna", "ben")))
        case "note":
            return kind, "fine"
        case _:
            return kind, None


def history(seed: int) -> tuple[dict[str, float], History]:
    """The baseline it begins with, and what happens then."""
    random = Random(seed)
    baseline = random.choice(BASELINES)
    last: dict[str, float | None] = {}
    theme = random.choice(("heart", "spo2", "cuff", "cuff", "breath", "heart"))
    behind = random.choice(BEHIND)
    actions: History = []
    if random.random() < 0.4:
        actions += [(0, "bind", "d2"), (0, "join", ("d2", "boot", {}))]
    if random.random() < 0.7:
        seldom_s = random.choice((10, 60, 60))  # else nearly all that is said is said of silence
        actions.append((0, "join", ("d1", "boot", dict.fromkeys(("hr", "spo2", "rr", "etco2"), seldom_s))))
    gaps = CUFF_GAPS if theme == "cuff" and random.random() < 0.5 else GAPS
    for _ in range(random.randint(*random.choice(LENGTHS))):
        gap = random.choice(gaps) if random.random() < 0.6 else random.choice((1_000, 1_000, 2_000, 4_000))
        if random.random() < 0.75:
            step = random.choice((1, 1, 1, 1, 1, 1, 1, 0, -1))
            device = random.choice(("d1",) * 7 + ("d2",))
            said = _said(random, last, theme) if device == "d1" else {"rr": _pick(random, RESP, last, "rr"), "etco2": random.choice(ETCO2)}
            late = random.choice(behind)
            if late > 200:
                behind = (0,)  # one late measurement, not a clock that was set back
            actions.append((gap, "say", (device, step, late, said)))
        else:
            actions.append((gap, *_command(random)))
    if random.random() < 0.75:
        actions.append((random.choice(ENDS), "order", Phase.ABORTED))  # else everything that can still fall due falls due
    return baseline, actions
