"""docs/reference/alert-quality.md and its plots, from the figures alone: the same figures give the same bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.alert_quality.definitions import definitions, head, played
from benchmarks.alert_quality.plots import Delay, Pair, delays_plot, pairs_plot
from benchmarks.alert_quality.recordings import SHOWN_FOLDER
from benchmarks.report import table
from monitor.core.limits import encode_limits
from schemas.limits import Limits

PAGE: Final = "reference/alert-quality.md"
BURDEN_PLOT: Final = "images/alert-quality-alerts.svg"
DELAY_PLOT: Final = "images/alert-quality-delay.svg"
Figures = dict[str, Any]

_BURDEN_INTRO: Final = (
    "Per session. *Alerts*, *false* and *fewer* count the rules above, *missing data* those for silence; *audible* counts both."
)
_UNMEASURED_INTRO: Final = "Rules that limit something else than a vital sign with a known truth. Their alerts are counted, not judged."
_PER_SESSION: Final = {
    "Alerts": "alerts",
    "False": "false_alerts",
    "Missing data": "missing_data_alerts",
    "Naive alerts": "naive_alerts",
    "Naive false": "naive_false_alerts",
    "Naive missing data": "naive_missing_data_alerts",
}
_FEWER: Final = {
    "Fewer": "fewer_than_naive",
    "Fewer false": "fewer_false_than_naive",
    "Fewer presented": "fewer_presented_than_naive",
    "Fewer, without the worst tenth": "fewer_than_naive_without_worst_tenth",
    "Fewer, with missing data": "fewer_than_naive_with_missing_data",
}


def write_docs(docs: Path, figures: Figures, limits: Limits) -> None:
    """Page and plots, below `docs`."""
    groups = {"uneventful": figures["uneventful"], **figures["artefacts"]}
    pairs = [
        Pair(f"{name} ({group['sessions']})", group["alerts_per_session"], group["naive_alerts_per_session"])
        for name, group in groups.items()
        if group["sessions"]
    ]
    delays = [
        Delay(rule, found["delay_s_median"], found["delay_s_max"], found["rule_time_s"])
        for rule, found in figures["per_rule"].items()
        if found["delay_s_median"] is not None
    ]
    for name, text in (
        (BURDEN_PLOT, pairs_plot("Alerts of the judged rules per session, by artefact (number of sessions)", pairs)),
        (DELAY_PLOT, delays_plot("From the patient's onset to the alert, sustained events", delays)),
        (PAGE, page(figures, limits)),
    ):
        (docs / name).write_text(text, encoding="utf-8")


def page(figures: Figures, limits: Limits) -> str:
    parts = [
        head(figures, encode_limits(limits)[1]),
        _goals(figures),
        _rules(figures),
        f"![From the patient's onset to the alert: median and longest for each rule, beside the rule's own time](../{DELAY_PLOT})",
        _burden(figures),
        f"![Alerts per session of engine and naive rules, by artefact](../{BURDEN_PLOT})",
        played(figures),
        _unmeasured(figures),
        _recorded(figures),
        definitions(limits),
    ]
    return "\n\n".join(parts) + "\n"


def _goals(figures: Figures) -> str:
    uneventful = figures["uneventful"]
    found = (
        f"{figures['missed_true_events']} of {figures['true_events']} missed",
        f"at most {_number(figures['detection_excess_s_max'])} s beyond the rule's own time",
        f"median {_number(figures['audible_per_uneventful_session_median'])}, mean {_number(uneventful.get('audible_mean'))}, "
        f"most {_number(uneventful.get('audible_max'))}",
        f"{_percent(figures['fewer_than_naive_on_artefacts'])} fewer as presented, one for each cause on both sides, true ones included; "
        f"raised rule by rule {_percent(figures['fewer_raised_than_naive_on_artefacts'])}, of the false ones "
        f"{_percent(figures['fewer_false_than_naive_on_artefacts'])}",
    )
    rows = [(goal, text, "yes" if figures["goals"][goal] else "**no**") for goal, text in zip(figures["goals"], found, strict=True)]
    return "## Goals\n\n" + table(("Goal", "Found", "Reached"), rows) + _missed(figures)


def _missed(figures: Figures) -> str:
    if not figures["missed"]:
        return ""
    rows = [
        (str(miss["session"]), miss["scenario"], miss["artefacts"], f"`{miss['rule']}`", f"{miss['at_s']:g} s")
        for miss in figures["missed"]
    ]
    return "\n\nMissed:\n\n" + table(("Session", "Scenario", "Artefacts", "Rule", "Since"), rows)


def _rules(figures: Figures) -> str:
    rows: dict[str, Callable[[Figures], str]] = {
        "Sustained events detected": lambda found: f"{found['detected']}/{found['true_events']}",
        "Slight ones": lambda found: f"{found['slight_detected']}/{found['slight_events']}",
        "Rule's time, s": lambda found: f"{found['rule_time_s']:g}{' + cuff' if found['is_of_cuffs'] else ''}",
        "Delay, s: median / longest": lambda found: f"{_number(found['delay_s_median'])} / {_number(found['delay_s_max'])}",
        "Excess, s: most": lambda found: _number(found["excess_s_max"]),
        "Alerts per session": lambda found: f"{found['alerts_per_session']:.2f}",
        "False (by sensor error)": lambda found: (
            f"{found['false_alerts_per_session']:.2f} ({found['false_by_sensor_error_per_session']:.2f})"
        ),
        "Ended while true": lambda found: str(found["ended_while_true"]),
        "Naive alerts": lambda found: f"{found['naive_alerts_per_session']:.2f}",
        "Naive false": lambda found: f"{found['naive_false_alerts_per_session']:.2f}",
    }
    rows_table = table(
        ("Rule", *rows), ((f"`{rule}`", *(cell(found) for cell in rows.values())) for rule, found in figures["per_rule"].items())
    )
    return f"## Rule by rule\n\n{rows_table}"


def _burden(figures: Figures) -> str:
    groups = {
        "uneventful": figures["uneventful"],
        "all with artefacts": figures["with_artefacts"],
        "of these: patient calm": figures["calm_with_artefacts"],
        **{f"artefacts: {plan}": group for plan, group in figures["artefacts"].items()},
    }
    rows = [
        (
            name,
            str(group["sessions"]),
            *(f"{group[f'{key}_per_session']:.2f}" for key in _PER_SESSION.values()),
            *(_percent(group[key]) for key in _FEWER.values()),
            f"{group['audible_median']:g} / {group['audible_p90']:g} / {group['audible_max']:g}",
        )
        for name, group in groups.items()
        if group["sessions"]
    ]
    head_row = ("Sessions", "Number", *_PER_SESSION, *_FEWER, "Audible: median / 90 % / most")
    return f"## How many\n\n{_BURDEN_INTRO}\n\n{table(head_row, rows)}"


def _unmeasured(figures: Figures) -> str:
    rows = [(f"`{rule}`", row["title"], row["kind"], f"{row['alerts_per_session']:.2f}") for rule, row in figures["not_measured"].items()]
    rows_table = table(("Rule", "Title", "Kind", "Alerts per session"), rows)
    return f"## Not measured here\n\n{_UNMEASURED_INTRO}\n\n{rows_table}"


def _recorded(figures: Figures) -> str:
    parts = ["## Recorded patients"]
    if not figures["recordings"]:
        parts.append(f"`{SHOWN_FOLDER}` was not there: no recording was played.")
    for found in figures["recordings"]:
        if "refused" in found:
            parts.append(f"`{found['name']}` could not be read: {found['refused']}")
            continue
        rows = [(f"`{rule}`", f"{per['per_hour']:.2f}", f"{per['naive_per_hour']:.2f}") for rule, per in found["per_rule"].items()]
        rows.append(("all", f"{found['per_hour']:.2f}", f"{found['naive_per_hour']:.2f}"))
        parts.append(f"{found['source']}: {found['hours']:g} h, watched without an infusion. No truth is known: these are counts.")
        parts.append(table(("Rule", "Alerts per hour", "Naive"), rows))
    return "\n\n".join(parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"
