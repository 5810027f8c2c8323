"""Rooms and requests are looked up, not searched for; what ends takes only its own away."""

from typing import Any, cast

from monitor.sessions.by_room import ByRoom
from monitor.sessions.device_table import DeviceTable
from monitor.sessions.runner import Runner


class _Made:
    def __init__(self, session: str, room: str, request: str | None) -> None:
        self.session = session
        self.engine: Any = type("Engine", (), {"created": type("Created", (), {"room": room, "request": request})})


def _runner(session: str, room: str, request: str | None = None) -> Runner:
    return cast(Runner, _Made(session, room, request))


def test_a_room_is_taken_until_its_session_ends() -> None:
    known, first = ByRoom(), _runner("S-1", "Room 1", "aaaa-1111")
    known.opened(first)
    assert (known.session_in("Room 1"), known.made_by("aaaa-1111")) == ("S-1", "S-1")
    assert (known.session_in("Room 2"), known.made_by("bbbb-2222")) == (None, None)
    known.closed(first)
    assert (known.session_in("Room 1"), known.made_by("aaaa-1111")) == (None, None)


def test_a_second_session_that_a_log_has_in_the_room_frees_nothing() -> None:
    """Two open sessions of one room are refused, and a log may hold them all the same: the first keeps the room."""
    known, second = ByRoom(), _runner("S-2", "Room 1", "aaaa-1111")
    known.opened(_runner("S-1", "Room 1", "aaaa-1111"))
    known.opened(second)
    known.closed(second)
    assert (known.session_in("Room 1"), known.made_by("aaaa-1111")) == ("S-1", "S-1")


def test_devices_of_a_session_that_is_over_are_free_unless_they_are_elsewhere_by_now() -> None:
    table = DeviceTable()
    table.bind("d1", "S-1")
    table.bind("d2", "S-2")
    table.release("S-1", ["d1", "d2", "d3"])
    assert (table.session_of("d1"), table.session_of("d2")) == (None, "S-2")
