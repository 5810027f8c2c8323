"""One session's fault stays its own: an exception out of its engine ends the judging of that session, and of no other.

What such an engine has half done is not known, so nothing is asked of it any more: its device keeps its frames, its commands are refused,
its deadlines are not watched, and every screen says so. Its log stands as it was before; a restart rebuilds it from there.
"""

import logging
import traceback
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from monitor.core.refused import Refused
from monitor.sessions.runner import Runner

REASON: Final = "judging_failed"
_log: Final = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class JudgingFailed(Refused):
    """The session is not judged any more; what was asked of it was not done."""


class Judging:
    """`on_failure` is called once for each session that fails, with its name and a text for people."""

    def __init__(self, on_failure: Callable[[str, str], None]) -> None:
        self._on_failure = on_failure
        self.failed: dict[str, str] = {}  # session -> text

    def of(self, runner: Runner, act: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What `act`, which works on the runner's engine, returns. Raises JudgingFailed where it fails, and ever after; Refused passes."""
        if runner.is_over:
            raise JudgingFailed(REASON, self.failed.get(runner.session, f"{runner.session} is not judged any more"))
        try:
            return act(*args, **kwargs)
        except Refused:
            raise
        except Exception as error:
            raise JudgingFailed(REASON, self.fail(runner, error)) from error

    def fail(self, runner: Runner, error: Exception) -> str:
        """What people are told."""
        runner.is_over = True
        return self.fail_to_begin(runner.session, runner.engine.created.room, error)

    def fail_to_begin(self, session: str, room: str, error: Exception) -> str:
        """A session that has no engine. The error's own text may hold values of a patient: its kind and place are told, no more."""
        if session not in self.failed:
            frames = traceback.extract_tb(error.__traceback__)
            what = f"{type(error).__name__} in {frames[-1].name}, line {frames[-1].lineno}" if frames else type(error).__name__
            self.failed[session] = f"{session} ({room}): judging FAILED, its alerts are not raised any more ({what}). Restart the monitor"
            _log.error("%s\n%s", self.failed[session], "".join(traceback.format_list(frames)))
            self._on_failure(session, self.failed[session])
        return self.failed[session]
