"""Which alerts of a session call for the second channel, by its log alone. Pure: after a restart the log says what is still owed."""

from typing import Final

import msgspec

from monitor.core.signals import WATCH_CAUSE
from schemas.alert import PRIORITY_RANK, RAISES, Alert, AlertState, Priority, Why
from schemas.log import AlertChanged, AlertNotified, Entry

NO_CHANNEL: Final = "none"  # the name of the channel where there is none
_ANSWERED: Final = frozenset({AlertState.ACKNOWLEDGED, AlertState.RESOLVED, AlertState.WITHDRAWN})
_LEAST: Final = PRIORITY_RANK[Priority.MEDIUM]


class Call(msgspec.Struct, frozen=True):
    """An alert that somebody is to be told of. `why`: unseen, escalated or nobody_watching."""

    at_ms: int
    alert: Alert
    why: str


class Calls:
    """`follow` every entry of the log in order. `owed`: calls that nothing was delivered for and nobody has answered, the newest of each
    alert; bounded by the open alerts."""

    def __init__(self) -> None:
        self.owed: dict[str, Call] = {}
        self.without_channel: set[str] = set()  # open alerts whose call found no channel: said once each
        self._unseen_at_ms: int | None = None

    def follow(self, entry: Entry) -> Call | None:
        """The call that this entry is, if it is one."""
        body = entry.body
        if isinstance(body, AlertNotified):
            if body.is_delivered or body.channel == NO_CHANNEL:
                self.owed.pop(body.alert, None)
            if body.channel == NO_CHANNEL:
                self.without_channel.add(body.alert)
        elif isinstance(body, AlertChanged):
            if body.alert.state in _ANSWERED:
                self.owed.pop(body.alert.id, None)
                if body.alert.state is not AlertState.ACKNOWLEDGED:
                    self.without_channel.discard(body.alert.id)
                return None
            why = self._why(body, entry.at_ms)
            if why is not None:
                call = self.owed[body.alert.id] = Call(entry.at_ms, body.alert, why)
                return call
        return None

    def _why(self, body: AlertChanged, at_ms: int) -> str | None:
        alert = body.alert
        if PRIORITY_RANK[alert.priority] < _LEAST:
            return None
        if body.why is Why.UNSEEN:
            self._unseen_at_ms = at_ms
            return "unseen"
        if body.why is Why.ESCALATED:
            return "escalated"
        # That nobody watches is itself shown on no screen. Where it is raised because an alert was not seen, that alert's call says it.
        if alert.cause == WATCH_CAUSE and body.why in RAISES and at_ms != self._unseen_at_ms:
            return WATCH_CAUSE
        return None
