"""What a command takes out of the data folder stands in the access log first, as what is fetched over HTTP does."""

import os
import pwd
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from monitor.access.ports import AccessKind, AccessLogRow, AccessStoreFailed
from monitor.clock import SystemClock

_MAX_TEXT: Final = 200


class NotOnRecord(Exception):
    """The row could not be written, and why: then nothing may be taken out."""


def os_user() -> str:
    """`os:NAME` of the user whose process this is, as the system knows it; no person's user name has a colon in it."""
    number = os.getuid()
    try:
        return f"os:{_plain(pwd.getpwuid(number).pw_name)}"
    except KeyError:  # a container may have none
        return f"os:{number}"


def exporting(data_dir: Path, session: str, form: str, to: str) -> None:
    """On disk when it returns. `to`: a file's name without its folders, or where else it goes. Raises NotOnRecord."""
    from monitor.store.access_beside import append_beside  # the other commands start without loading the database library

    detail = _plain(f"{form} to {to}")
    row = AccessLogRow(at_ms=SystemClock().now_ms(), kind=AccessKind.EXPORT, who=os_user(), address=None, what=session, detail=detail)
    try:
        with _not_suspended():
            append_beside(data_dir, [row])
    except AccessStoreFailed as failed:
        raise NotOnRecord(f"the access log cannot be written, and without its row there nothing is taken out: {failed}") from failed


@contextmanager
def _not_suspended() -> Iterator[None]:
    """Ctrl-Z in the middle of the commit would keep SQLite's lock, and with it the monitor from recording, until somebody goes on."""
    if threading.current_thread() is not threading.main_thread():  # only there signals are set; a command runs there
        yield
        return
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


def _plain(text: str) -> str:
    """What a file may be called, in a terminal and in UTF-8."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)[:_MAX_TEXT]
