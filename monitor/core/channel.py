"""The newest value of one sign in a session, and where it comes from."""

from typing import Final

from monitor.core.admission import plain
from schemas.limits import Admission, Freshness
from schemas.measurement import Reason, Validity
from schemas.signs import SIGNS, Sign
from schemas.vitals import Vital

NEVER_MS: Final = 1 << 62  # later than any instant
BITS: Final[dict[Sign, int]] = {sign: 1 << index for index, sign in enumerate(SIGNS)}  # sets of signs as integers
CUFF_BITS: Final = sum(bit for sign, bit in BITS.items() if SIGNS[sign].is_cuff)
_INVALID = Validity.INVALID


class Channel:
    """One source at a time: the first device that gives a vital sign a usable value keeps it until it is unbound. What is charted or
    derived stands until it is set anew; it has no age.

    In thousandths: `band`, between these values (both excluded) no rule is breached; `plain`, as `admission.plain` says.
    """

    __slots__ = (
        "_followers",
        "_freshness",
        "band",
        "bit",
        "current_for_ms",
        "device",
        "gone_after_ms",
        "interval_ms",
        "is_cuff",
        "is_vital",
        "measured_at_ms",
        "plain",
        "reason",
        "received_at_ms",
        "seen_at_ms",
        "sign",
        "validity",
        "value_milli",
    )

    def __init__(self, sign: Sign, admission: Admission, freshness: Freshness) -> None:
        self._freshness = freshness
        self.sign = sign
        self.bit = BITS[sign]
        self.is_cuff = SIGNS[sign].is_cuff
        self.is_vital = isinstance(sign, Vital)
        self._followers: tuple[Channel, ...] = ()
        self.plain = plain(sign, admission)
        self.band = (-NEVER_MS, NEVER_MS)
        self.measured_at_ms = 0
        self.received_at_ms = 0
        self.seen_at_ms: int | None = None  # when the last usable value came: silence counts from here
        self.release()

    def claim(self, device: str, interval_ms: int | None) -> None:
        """`device` is the source from here on; `interval_ms` as it declared it."""
        self.device: str | None = device
        self._set_interval(interval_ms)

    def release(self) -> None:
        """Its device was unbound: another may take over; the old value is nobody's now, and the ordinary interval counts again."""
        self.device = None
        self.value_milli: int | None = None
        self.validity = _INVALID
        self.reason = Reason.NOT_MEASURED
        self._set_interval(None)

    def lead(self, followers: "tuple[Channel, ...]") -> None:
        """Signs that are made of this one age as it does."""
        self._followers = followers
        for follower in followers:
            follower.gone_after_ms = self.gone_after_ms

    def set(self, value_milli: int, at_ms: int) -> None:
        """A charted or derived value."""
        self.value_milli = value_milli
        self.validity = Validity.VALID
        self.seen_at_ms = at_ms

    def forget(self) -> None:
        """What was charted does not count, and nothing was before it."""
        self.release()
        self.seen_at_ms = None

    def _set_interval(self, declared_ms: int | None) -> None:
        """At most the longest allowed one counts: no declaration may switch staleness off."""
        freshness = self._freshness
        if not self.is_vital:
            self.interval_ms, self.current_for_ms, self.gone_after_ms = 1_000, NEVER_MS, NEVER_MS
            return
        if self.is_cuff:
            usual_s, longest_s = freshness.default_cuff_interval_s, freshness.max_cuff_interval_s
        else:
            usual_s, longest_s = freshness.default_stream_interval_s, freshness.max_stream_interval_s
        self.interval_ms = max(1, min(int(usual_s * 1000) if declared_ms is None else declared_ms, int(longest_s * 1000)))
        if self.is_cuff:
            self.current_for_ms = int(self.interval_ms * freshness.cuff_current_intervals)
            self.gone_after_ms = int(self.interval_ms * freshness.cuff_gone_intervals)
        else:
            self.current_for_ms = int(freshness.stream_current_s * max(self.interval_ms, 1000))
            self.gone_after_ms = self.current_for_ms
        self.lead(self._followers)

    def usable_milli(self, at_ms: int) -> int | None:
        """The newest valid or questionable value while it is not past its age. An invalid one after it takes nothing away: what was
        measured was measured."""
        if self.seen_at_ms is None:
            return None
        return self.value_milli if at_ms - self.seen_at_ms <= self.gone_after_ms else None
