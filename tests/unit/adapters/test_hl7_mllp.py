"""Frames: each way that devices begin and end a message, the bound, and that cuts change nothing."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.adapters.hl7.mllp import MAX_MESSAGE, Broken, MllpSplitter
from monitor.adapters.said import Fault

A, B = b"MSH|a\rOBX|1\r", b"MSH|b\rOBX|2\r"


@pytest.mark.parametrize(
    ("wire", "messages"),
    [
        (b"\x0b" + A + b"\x1c\r", [A]),
        (b"\x0b" + A + b"\x1c\r\x0b" + B + b"\x1c\r", [A, B]),
        (b"\x0b" + A + b"\x1c\x0b" + B + b"\x1c", [A, B]),
        (b"\r\n\x0b" + A + b"\x1c\r\n\r\n\x0b" + B + b"\x1c\r\n", [A, B]),
        (b"\x0bMSH|a\nOBX|1\n\x1c\n", [b"MSH|a\nOBX|1\n"]),
        (b"\x0bMSH|a\r\nOBX|1\x1c\r", [b"MSH|a\r\nOBX|1"]),
        (A + b"\x1c\r" + B + b"\x1c\r", [A, B]),
        (A + B + b"\x1c\r", [A, B]),
        (b"\x0b" + A + b"\x1c\r" + B + b"\x0b" + A + b"\x1c\r", [A, b"\r" + B, A]),
        (b"\0\0\x0b\x1c\r\x0b\x0b" + A + b"\x1c\r", [A]),
    ],
    ids=["plain", "several", "no-CR", "CRLF-between", "LF-segments", "no-last-CR", "no-VT", "no-frame", "one-without-frame", "blanks"],
)
def test_messages_however_they_are_framed(wire: bytes, messages: list[bytes]) -> None:
    splitter = MllpSplitter()
    found = splitter.feed(wire)
    assert [item.strip(b"\r") if isinstance(item, bytes) else item for item in found] == [message.strip(b"\r") for message in messages]
    assert splitter.patience_ms is None


def test_a_message_that_another_begins_in_is_cut_off() -> None:
    assert MllpSplitter().feed(b"\x0bMSH|a\rOB\x0b" + B + b"\x1c\r") == [Broken(Fault.TRUNCATED, b"MSH|a\rOB"), B]


def test_silence_ends_a_message_without_a_frame_where_its_last_segment_is_whole() -> None:
    splitter = MllpSplitter()
    assert splitter.feed(A) == []
    assert splitter.patience_ms == 2_000
    assert splitter.rest() == [A]
    assert splitter.pending == 0
    splitter.feed(A + b"OBX|3|NM|1234")
    assert splitter.patience_ms == 30_000
    assert splitter.rest() == [Broken(Fault.TRUNCATED, A + b"OBX|3|NM|1234")]


def test_silence_in_a_frame_makes_nothing_of_it() -> None:
    splitter = MllpSplitter()
    splitter.feed(b"\x0b" + A)
    assert splitter.patience_ms == 30_000
    assert splitter.rest() == [Broken(Fault.TRUNCATED, A)]
    assert splitter.feed(b"\x0b" + B + b"\x1c\r") == [B]


def test_the_longest_message_passes_and_a_longer_one_is_said_once() -> None:
    splitter = MllpSplitter()
    longest = b"MSH|".ljust(MAX_MESSAGE, b"x")
    assert splitter.feed(b"\x0b" + longest + b"\x1c\r") == [longest]
    found = splitter.feed(b"\x0b" + longest)
    assert found == []
    found = [item for _ in range(40) for item in splitter.feed(b"y" * 65_536)]
    assert [item.fault for item in found if isinstance(item, Broken)] == [Fault.TOO_LONG] == [Fault.TOO_LONG for _ in found]
    assert splitter.pending <= 3
    assert splitter.feed(b"zz\x1c\r\x0b" + A + b"\x1c\r") == [A]


def _sooner_and_later(read: bytes) -> tuple[list[bytes | Broken], list[bytes | Broken]]:
    """Between two frames, at a bound of eight bytes: as one read, and byte by byte."""
    found = []
    for reads in ([read], [read[place : place + 1] for place in range(len(read))]):
        splitter = MllpSplitter(8)
        splitter.feed(b"\x0b\x1c\r")
        said = [item for data in (*reads, b"\x0bMSH|z\x1c\r") for item in splitter.feed(data)]
        found.append([Broken(item.fault, item.beginning[:8]) if isinstance(item, Broken) else item for item in said])
    return found[0], found[1]


READS: Final = (
    b"\x0bMSH|a\x1c\r", b"\x0bMSH|a\x1c\r\x0bMSH|b\x1c\r", b"\x0bMSH|a\x1cxy\x1c\r", b"\x0bMSH|\x0bb\x1c\r", b"\x0bMSH|5678\x1c\r",
    b"\x0bMSH|56789\x1c\r", b"\x0b \x1c\r", b"\x0bMSH|a\x1c", b"\x0bMSH|a\x1cx", b"\x0bMSH|a\r\r", b"MSH|a\x1c\r",
)  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_a_whole_frame_in_one_read_is_what_it_is_byte_by_byte(read: bytes) -> None:
    sooner, later = _sooner_and_later(read)
    assert sooner == later


A_FRAME: Final[dict[str, Callable[[bytes], bool]]] = {
    "beginning": lambda read: read.startswith(b"\x0bMSH"),
    "end": lambda read: read.endswith(b"\x1c\r"),
    "bound": lambda read: len(read) <= 11,
    "one-end": lambda read: read.find(b"\x1c") == len(read) - 2,
    "one-beginning": lambda read: read.rfind(b"\x0b") == 0,
}


@pytest.mark.parametrize("left_out", ["", *A_FRAME])
def test_control_what_is_taken_for_a_frame_too_soon_is_found(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held_to = [holds for name, holds in A_FRAME.items() if name != left_out]
    monkeypatch.setattr(MllpSplitter, "_is_frame", lambda _, read: all(holds(read) for holds in held_to))
    assert any(sooner != later for sooner, later in map(_sooner_and_later, READS)) == bool(left_out)


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*b"\x0b \x1c \r \n M MS MSH | ab \0 \x0bMSH|\x1c\r".split(b" "), b" "]), max_size=40),
    places=st.lists(st.integers(0, 200), max_size=10),
)
def test_cuts_change_nothing_at_the_bound_either(pieces: list[bytes], places: list[int]) -> None:
    """With a bound of eight bytes every other message is too long."""

    def found(reads: list[bytes]) -> list[bytes | Broken]:
        splitter = MllpSplitter(8)
        said = [item for data in reads for item in splitter.feed(data)]
        assert splitter.pending <= 10
        # What a read left of a message that is too long is as long as the read: its beginning is the bound.
        return [Broken(item.fault, item.beginning[:8]) if isinstance(item, Broken) else item for item in said + splitter.rest()]

    wire = b"".join(pieces)
    edges = [0, *sorted(place % (len(wire) + 1) for place in places), len(wire)]
    whole = found([wire])
    assert found([wire[begin:end] for begin, end in pairwise(edges)]) == whole
    assert found(pieces) == whole
    assert found([wire[place : place + 1] for place in range(len(wire))]) == whole
