"""How far a load is, in one line: what was sent, what waits, and everything that is not as it should be."""

import msgspec


class Tally(msgspec.Struct):
    """`refused`: frames by reason. `held`: frames that were due while as many as the monitor allows waited. `behind_s`: how late the last
    slice of a second was sent."""

    beds: int
    open: int = 0
    ended: int = 0
    unopened: int = 0  # the monitor did not answer in time
    sent: int = 0
    acked: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    unanswered: int = 0  # frames of connections that are lost
    held: int = 0
    lost: int = 0  # connections that ended before their time
    behind_s: float = 0.0

    @property
    def waits(self) -> int:
        """Frames that may still be answered."""
        return self.sent - self.acked - sum(self.refused.values()) - self.unanswered

    def line(self, seconds: float) -> str:
        why = ", ".join(f"{reason} {number}" for reason, number in sorted(self.refused.items()))
        said = [
            f"{self.open} of {self.beds} beds",
            f"{self.sent} frames sent",
            f"{self.waits} wait",
            f"{sum(self.refused.values())} refused" + (f" ({why})" if why else ""),
        ]
        wrong = {"HELD BACK": self.held, "LOST": self.lost, "NOT OPENED": self.unopened}
        said += [f"{number} {what}" for what, number in wrong.items() if number]
        said += [f"{self.behind_s:.1f} s BEHIND"] if self.behind_s > 1 else []
        said += [f"{self.ended} ended"] if self.ended else []
        return f"{seconds:5.0f} s: {', '.join(said)}"
