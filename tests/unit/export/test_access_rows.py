"""What of the access log goes into an export: what names the session, and the screens that watched while it ran."""

import json
from hashlib import sha256

import msgspec
import pytest

from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessKind, AccessLogRow
from monitor.export.access_rows import access_lines, rows_naming

FROM_MS, UNTIL_MS = 1_795_000_000_000, 1_795_003_600_000


def row(kind: AccessKind, what: str, detail: str = "", at_ms: int = FROM_MS + 5) -> AccessLogRow:
    return AccessLogRow(at_ms=at_ms, kind=kind, who="ana", address=None, what=what, detail=detail)


def stream(screen: str, opened_ms: int, closed_ms: int | None) -> list[AccessLogRow]:
    rows = [row(AccessKind.STREAM_OPENED, "/stream", screen, opened_ms)]
    return rows if closed_ms is None else [*rows, row(AccessKind.STREAM_CLOSED, "/stream", screen, closed_ms)]


async def lines(rows: list[AccessLogRow]) -> list[dict[str, object]]:
    store = MemoryAccessStore()
    await store.log_access(rows)
    return [json.loads(line) async for line in access_lines(store, "S-000001", FROM_MS, UNTIL_MS)]


async def test_what_names_the_session_is_in_it_and_nothing_of_another() -> None:
    mine = [
        row(AccessKind.READ, "S-000001", "figures", UNTIL_MS * 2),
        row(AccessKind.EXPORT, "S-000001", "bundle"),
        row(AccessKind.PAGE_OPENED, "/session/S-000001"),
    ]
    found = await lines([row(AccessKind.READ, "S-000002"), *mine, row(AccessKind.READ, "S-0000011"), row(AccessKind.LOGIN_OK, "clinician")])
    assert [line["row"]["what"] for line in found[:-1]] == [one.what for one in mine]  # type: ignore[index]
    assert found[-1]["head"]["no"] == 6  # type: ignore[index]


async def test_the_rows_for_fhir_are_those_that_name_the_session_whatever_lies_between() -> None:
    store = MemoryAccessStore()
    mine = [row(AccessKind.PAGE_OPENED, "/record/S-000001"), row(AccessKind.EXPORT, "S-000001"), row(AccessKind.READ, "S-000001")]
    others = [row(AccessKind.READ, "S-000002")] * 1_001
    await store.log_access([mine[0], *others, *mine[1:], *stream("screen 1", FROM_MS, UNTIL_MS)])
    assert [kept.row.what for kept in await rows_naming(store, "S-000001")] == [one.what for one in mine]


@pytest.mark.parametrize(
    ("opened_ms", "closed_ms", "is_in"),
    [
        (FROM_MS - 10, FROM_MS - 1, False),
        (FROM_MS - 10, FROM_MS, True),
        (FROM_MS - 10, None, True),
        (FROM_MS + 10, UNTIL_MS + 10, True),
        (FROM_MS - 10, UNTIL_MS + 10, True),
        (UNTIL_MS + 1, UNTIL_MS + 10, False),
    ],
)
async def test_a_screen_that_watched_at_any_moment_is_in_it(opened_ms: int, closed_ms: int | None, is_in: bool) -> None:
    rows = stream("screen 1", opened_ms, closed_ms)
    assert len(await lines(rows)) == 1 + len(rows) * is_in


async def test_each_line_can_be_checked_by_itself() -> None:
    for line in (await lines([row(AccessKind.READ, "S-000002"), row(AccessKind.READ, "S-000001"), row(AccessKind.READ, "S-000001")]))[:-1]:
        text = msgspec.json.encode(line["row"], order="sorted")
        assert sha256(bytes.fromhex(str(line["before"])) + text + b"\n").hexdigest() == line["digest"]


async def test_more_rows_than_a_page_of_the_store_are_all_there() -> None:
    found = await lines([row(AccessKind.READ, "S-000001") for _ in range(1_001)])
    assert [line["row"]["no"] for line in found[:-1]] == list(range(1, 1_002))  # type: ignore[index]
