"""Fields, escapes, character sets and stamps."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from monitor.adapters.device_time import TimeBasis
from monitor.adapters.hl7.message import Message, read_message
from monitor.adapters.hl7.stamp import stamp_time, time_of_message, written
from schemas.instant import parse_ms


def _message(text: str, *, marks: str = "|^~\\&", charset: str = "") -> Message:
    message = read_message(f"MSH{marks}|||||||ORU^R01|1|P|2.6||||||{charset}\r{text}\r".encode())
    assert message is not None
    return message


def test_fields_are_numbered_as_hl7_numbers_them() -> None:
    message = _message("OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||98")
    assert (message.header.raw(1), message.header.raw(2), message.header.part(9, 2), message.header.raw(10)) == ("|", "^~\\&", "R01", "1")
    row = next(message.named("OBX"))
    assert (row.part(3), row.part(3, 2), row.part(3, 4), row.text(5), row.raw(99)) == ("150456", "MDC_PULS_OXIM_SAT_O2", "", "98", "")


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        ("SpO\\XE28282\\", "SpO₂"),
        (r"\X414243\ \H\bold\N\ two\.br\lines", "ABC bold two lines"),
        (r"kept \Z9\ and \lonely", r"kept \Z9\ and \lonely"),
        ("\\E\\F\\E\\", "\\F\\"),
    ],
)
def test_escapes(wire: str, text: str) -> None:
    assert next(_message(f"OBX|1|ST|x||{wire}").named("OBX")).text(5) == text


def test_an_escaped_separator_separates_nothing() -> None:
    row = next(_message(r"OBX|1|ST|a\S\b^c\R\d~e").named("OBX"))
    assert (row.components(3), len(row.repetitions(3))) == (["a^b", "c~d"], 2)


def test_the_separators_are_the_messages_own() -> None:
    row = next(_message("OBX#1#NM#150456*name#", marks="#*!?+#").named("OBX"))
    assert (row.part(3), row.part(3, 2)) == ("150456", "name")


@pytest.mark.parametrize(
    ("named", "encoding"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/5", "iso8859-5"),
        ("GB 18030-2000", "gb18030"),
        ("~ISO IR87", "iso2022_jp"),
        ("ASCII", "utf-8"),  # says one and sends another
        ("UNICODE UTF-8", "latin-1"),
        ("NONSENSE", "latin-1"),
    ],
)
def test_the_character_set_is_the_messages_own(named: str, encoding: str) -> None:
    text = {"iso8859-5": "Ждите", "gb18030": "血氧脉搏", "iso2022_jp": "心拍数"}.get(encoding, "Früh °C")
    raw = f"MSH|^~\\&|||||||ORU^R01|1|P|2.6||||||{named}\rOBX|1|ST|x||{text}|%\r".encode(encoding)
    message = read_message(raw)
    assert message is not None
    assert (next(message.named("OBX")).text(5), next(message.named("OBX")).text(6)) == (text, "%")


@pytest.mark.parametrize(("lines", "places"), [("PV1||I|5^x", ["5^x"]), ("PV1\rOBX|1\rPV1|||5\rPV1 ", ["", "5"]), ("PV11||I|5\r|PV1", [])])
def test_segments_of_a_name(lines: str, places: list[str]) -> None:
    assert [segment.raw(3) for segment in _message(lines).named("PV1")] == places


@pytest.mark.parametrize("ends", ["\r", "\n", "\r\n", "\r\r\n"])
def test_segments_end_as_they_like(ends: str) -> None:
    message = read_message(ends.join([r"MSH|^~\&|a", "OBR|1", "OBX|1"]).encode())
    assert message is not None
    assert message.lines == [r"MSH|^~\&|a", "OBR|1", "OBX|1"]


@pytest.mark.parametrize(
    "body",
    [b"", b"MSH", b"MSH|", b"PID|1|abc", b"MSH|||||||", b"MSH|^^~\\&|", b"MSHA^~\\&A", b"MSH|^~\\&|a\rMSH|^~\\&|b\r", b"NO MSH|^~\\&|a"],
)
def test_what_has_no_usable_header_is_no_message(body: bytes) -> None:
    assert read_message(body) is None


def test_a_message_of_nothing_but_segments_is_none() -> None:
    longest = b"MSH|^~\\&|a\r" + b"OBX\r" * 1_999
    message = read_message(longest)
    assert message is not None
    assert len(message.lines) == 2_000
    assert read_message(longest + b"OBX\r") is None


@pytest.mark.parametrize(
    ("text", "of_message", "configured", "at", "basis"),
    [
        ("20260912120000.0000+0530", None, None, "2026-09-12T06:30:00Z", TimeBasis.WIRE),
        ("20120111150457-0600", None, "Europe/Berlin", "2012-01-11T21:04:57Z", TimeBasis.WIRE),
        ("20260124124738000+0800", None, None, "2026-01-24T04:47:38Z", TimeBasis.WIRE),
        ("20260701120000.25", None, "Europe/Berlin", "2026-07-01T10:00:00.250Z", TimeBasis.CONFIGURED),
        ("202607011200", 120, None, "2026-07-01T10:00:00Z", TimeBasis.WIRE),
        ("20260701120000", None, None, None, TimeBasis.NO_ZONE),
        ("20261025023000", None, "Europe/Berlin", None, TimeBasis.AMBIGUOUS),
        ("20260329023000", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("20261025023000", 60, "Europe/Berlin", "2026-10-25T01:30:00Z", TimeBasis.WIRE),
        ("20260701", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("2026070112003", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("00000000", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("20260230120000", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("20260701120000+9900", None, "Europe/Berlin", None, TimeBasis.IMPOSSIBLE),
        ("", None, "Europe/Berlin", None, TimeBasis.NONE),
    ],
)
def test_stamps(text: str, of_message: int | None, configured: str | None, at: str | None, basis: TimeBasis) -> None:
    """The zone is the stamp's own, else that of the message (given in minutes here), else the one that was set for the device."""
    zone = None if of_message is None else timezone(timedelta(minutes=of_message))
    time = stamp_time(text, zone, None if configured is None else ZoneInfo(configured))
    assert (time.text, time.basis, time.at_ms) == (text, basis, None if at is None else parse_ms(at))


def test_our_own_stamp_is_read_as_it_was_meant() -> None:
    at_ms = parse_ms("2026-11-22T10:41:07Z")
    assert stamp_time(written(at_ms), None, None).at_ms == at_ms
    assert time_of_message(written(at_ms), None)[1] == UTC
    assert time_of_message("20260701120000", None)[1] is None
