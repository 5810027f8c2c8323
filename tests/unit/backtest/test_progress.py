"""Lines of progress, on a clock that is moved by hand."""

from monitor.backtest.progress import Progress
from monitor.clock import ManualClock


def test_it_says_how_far_how_fast_and_how_long_still() -> None:
    said: list[str] = []
    clock = ManualClock()
    progress = Progress(said.append, clock.now_ms, every_ms=500)
    progress.begin(logs=4, total_bytes=1_000)
    progress.at(10, 100, 0)  # too early to say anything
    clock.advance(2_000)
    progress.at(100, 400_000, 1)
    progress.at(200, 800_000, 2)  # at once again: nothing
    clock.advance(3_000)
    progress.at(500, 2_000_000, 3)
    clock.advance(600_000)
    progress.end(4_000_000, 3)
    assert said == [
        "1 of 4 logs, 10 %: 400,000 readings, 200,000/s, 18 s to go",
        "3 of 4 logs, 50 %: 2,000,000 readings, 400,000/s, 5.0 s to go",
        "3 of 4 logs judged, 4,000,000 readings in 10 min: 6,612 readings/s, each under both rule sets",
    ]


def test_an_empty_log_is_no_division_by_zero() -> None:
    said: list[str] = []
    clock = ManualClock()
    progress = Progress(said.append, clock.now_ms, every_ms=0)
    progress.begin(logs=1, total_bytes=0)
    progress.at(0, 0, 0)
    clock.advance(1)
    progress.at(0, 0, 1)
    progress.end(0, 0)
    assert said[0] == "1 of 1 logs, 100 %: 0 readings, 0/s"
