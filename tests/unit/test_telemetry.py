"""Figures: their form, and the one that is measured here."""

import asyncio

import pytest

from monitor import telemetry as telemetry_module
from monitor.telemetry import Telemetry


def test_two_installations_do_not_share_figures() -> None:
    first, second = Telemetry(), Telemetry()
    first.measurements += 3
    first.alerts.labels("BP-H1", "high").inc()
    assert b"infusion_measurements_total 3.0" in first.text()
    assert b"infusion_measurements_total 0.0" in second.text()
    assert b"BP-H1" not in second.text()


def test_a_figure_that_is_asked_for_is_asked_for_each_time() -> None:
    telemetry, asked = Telemetry(), []

    def figure() -> float:
        asked.append(1)
        return 7.0

    telemetry.ask("infusion_things", "Things.", figure)
    assert asked == []
    assert b"infusion_things 7.0" in telemetry.text()
    assert b"infusion_things 7.0" in telemetry.text()
    assert len(asked) == 2


def test_every_figure_has_the_prefix_and_an_explanation() -> None:
    lines = Telemetry().text().decode().splitlines()
    helps = {line.split(" ")[2] for line in lines if line.startswith("# HELP")}
    assert all(line.split(" ", 3)[3].strip() for line in lines if line.startswith("# HELP"))
    assert all(name.startswith("infusion_") for name in helps)


async def test_the_lag_of_the_event_loop_is_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry_module, "LOOK_EVERY_S", 0.001)
    telemetry, looks = Telemetry(), asyncio.Event()
    monkeypatch.setattr(telemetry.loop_lag, "observe", lambda lag_s: looks.set() if lag_s >= 0 else None)
    looking = asyncio.ensure_future(telemetry.watch_loop())
    await asyncio.wait_for(looks.wait(), 10)
    looking.cancel()
