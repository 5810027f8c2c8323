"""Figures that are kept: the same as worked out anew, there after a restart, and never in the way of a log that cannot be read."""

from pathlib import Path

import pytest

from monitor.review.past import LogUnreadable, Past, SessionGone
from monitor.review.summary import FORM, summary
from monitor.store.memory import MemoryStore
from monitor.store.ports import Batch
from monitor.store.review import Kept, PastQuery
from monitor.store.review_memory import MemoryReviewStore
from schemas.log import Entry
from schemas.session import Phase
from tests.unit.core.bedside import Bedside
from tests.unit.store.files import opened


def log(*, is_over: bool = True) -> list[Entry]:
    bed = Bedside()
    bed.start()
    bed.wait(300)
    bed.say(sbp=190.0, dbp=96.0, map=120.0)
    bed.wait(60)
    bed.say(sbp=192.0, dbp=96.0, map=120.0)
    bed.wait(60)
    if is_over:
        bed.order(Phase.ABORTED)
    return bed.log


async def test_what_is_kept_is_what_the_log_says() -> None:
    store = MemoryStore()
    await store.append(Batch(log()))
    review = MemoryReviewStore(store)
    past = Past(store, review, "UTC")
    assert await past.fill() == 0
    page = await past.page(PastQuery())
    assert page.sessions == (summary(log()),)
    assert page.sessions[0].alerts.high == review.kept["S-000001"].high_alerts == 1
    store.logs.clear()  # from here on only what was kept can answer
    assert (await past.page(PastQuery())).sessions == page.sessions


async def test_an_open_session_is_worked_out_each_time() -> None:
    store = MemoryStore()
    await store.append(Batch(log(is_over=False)))
    review = MemoryReviewStore(store)
    past = Past(store, review, "UTC")
    assert (await past.of("S-000001")).phase is Phase.INFUSING
    assert review.kept == {}
    assert [each.session for each in (await past.page(PastQuery(had_high=True))).sessions] == ["S-000001"]


async def test_figures_outlive_the_process(tmp_path: Path) -> None:
    store = opened(tmp_path)
    await store.append(Batch(log()))
    before = await Past(store, store.review, "UTC").page(PastQuery())
    await store.close()
    again = opened(tmp_path)
    assert await again.review.without_figures(FORM, 1) == []
    assert await Past(again, again.review, "UTC").page(PastQuery()) == before
    await again.close()


async def test_figures_of_another_form_are_worked_out_anew() -> None:
    store = MemoryStore()
    await store.append(Batch(log()))
    review = MemoryReviewStore(store)
    await review.keep(Kept("S-000001", FORM - 1, 0, "nothing that could be read"))
    assert (await Past(store, review, "UTC").page(PastQuery())).sessions == (summary(log()),)


async def test_a_log_that_cannot_be_read_is_named_and_the_others_are_shown() -> None:
    store = MemoryStore()
    await store.append(Batch(log()))
    store.rows["S-000002"] = store.rows["S-000001"].__class__(
        **{name: getattr(store.rows["S-000001"], name) for name in store.rows["S-000001"].__struct_fields__} | {"id": "S-000002"}
    )
    store.logs["S-000002"] = store.logs["S-000001"][1:]  # without its beginning
    past = Past(store, MemoryReviewStore(store), "UTC")
    page = await past.page(PastQuery())
    assert [each.session for each in page.sessions] == ["S-000001"]
    assert page.unreadable == ("S-000002",)
    assert page.pending == 0
    with pytest.raises(LogUnreadable):
        await past.of("S-000002")
    with pytest.raises(SessionGone):
        await past.of("S-000009")
