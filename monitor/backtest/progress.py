"""How far a backtest is, in words, for the person who waits."""

from collections.abc import Callable


class Progress:
    """`say` gets a line every `every_ms` at most. The time to the end is taken from the bytes read so far."""

    def __init__(self, say: Callable[[str], None], now_ms: Callable[[], int], *, every_ms: int) -> None:
        self._say = say
        self._now_ms = now_ms
        self._every_ms = every_ms
        self._logs = self._total_bytes = 0
        self._began_ms = self._said_ms = now_ms()

    def begin(self, logs: int, total_bytes: int) -> None:
        self._logs, self._total_bytes = logs, total_bytes
        self._began_ms = self._said_ms = self._now_ms()

    def at(self, read_bytes: int, readings: int, done: int) -> None:
        """So many bytes read, readings judged and logs done."""
        now_ms = self._now_ms()
        if now_ms - self._said_ms < max(self._every_ms, 1):
            return
        self._said_ms = now_ms
        elapsed_s = (now_ms - self._began_ms) / 1000
        left = f", {_span(elapsed_s * (self._total_bytes - read_bytes) / read_bytes)} to go" if read_bytes > 0 else ""
        share = 100 * read_bytes // self._total_bytes if self._total_bytes else 100
        self._say(f"{done} of {self._logs} logs, {share} %: {readings:,} readings, {readings / elapsed_s:,.0f}/s{left}")

    def end(self, readings: int, done: int) -> None:
        """The last line."""
        elapsed_s = max(self._now_ms() - self._began_ms, 1) / 1000
        pace = f"{readings / elapsed_s:,.0f} readings/s, each under both rule sets"
        self._say(f"{done} of {self._logs} logs judged, {readings:,} readings in {_span(elapsed_s)}: {pace}")


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
