"""Which sessions are played: every scenario with every kind of artefact, and the same ones for the same seed."""

from collections import Counter

from benchmarks.alert_quality.casting import ARTEFACT_S, DRAWN, PLANS, artefact_length_s, cards, cast
from simulators.events import Motion, Noise
from simulators.scenario import scenario_names
from simulators.seeds import seeded


def test_the_same_seed_gives_the_same_sessions_and_another_one_others():
    assert [cast(index, 7) for index in range(12)] == [cast(index, 7) for index in range(12)]
    assert cast(3, 7) != cast(3, 8)


def test_every_scenario_meets_every_plan_of_artefacts():
    cases = [cast(index, 1) for index in range(len(cards()) * len(PLANS))]
    assert {case.card for case in cases} == {*scenario_names(), DRAWN}
    assert {(case.card, case.plan) for case in cases} == {(card, plan) for card in cards() for plan in PLANS}
    assert Counter(case.plan for case in cases)["none"] == len(cases) // 2


def test_what_a_session_is_called():
    cases = [cast(index, 1) for index in range(len(cards()) * len(PLANS))]
    assert all(case.is_uneventful == (not case.scenario.event and not case.scenario.act) for case in cases)
    assert all(case.has_artefacts for case in cases if case.plan != "none" or case.card in {"probe-off", "line-cut"})
    assert all(not case.is_calm for case in cases if case.card in {"tachycardia", "vagal-reaction", "wrong-rate", "apnoea-fast-push"})
    assert {case.card for case in cases if case.is_uneventful} == {"uneventful", "im-dose", "oral-dose", "nasal-esketamine", DRAWN}


def test_artefacts_are_as_long_as_the_source_says():
    """Half within 14 s, two thirds within 19 s, all within 5-40 s."""
    rng = seeded(1, "test")
    lengths = sorted(artefact_length_s(rng) for _ in range(4000))
    assert 0.47 < sum(length <= 14 for length in lengths) / 4000 < 0.53
    assert 0.64 < sum(length <= 19 for length in lengths) / 4000 < 0.70
    assert (lengths[0], lengths[-1]) == ARTEFACT_S


def test_artefacts_lie_inside_the_session():
    for index in range(60):
        scenario = cast(index, 2).scenario
        spells = [event for event in scenario.event if isinstance(event, Motion | Noise)]
        assert all(spell.to_min <= scenario.timeline.length_min for spell in spells)
