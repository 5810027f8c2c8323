"""How soon a page is there: the first paint of the ward, and a session of four hours with its numbers and its whole record (drawn from
as many points as the screen has columns; the rest of them follow).

Warm: the browser has had the pages before. The session is made by the monitor's own registry and store on a clock that is moved
by hand, and is then served by the program.
"""

import statistics
from pathlib import Path

from playwright.async_api import BrowserContext

from benchmarks.pages import browser, open_ward, signed_in
from benchmarks.swarm import Bench, now_ms
from monitor.clock import ManualClock
from monitor.store.sqlite import SqliteStore
from tests.unit.core.bedside import CALM, CALM_CUFF
from tests.unit.sessions.ward import Ward

HOUR_S = 3_600
STEP_S = 4  # a frame brings as many measurements, one a second
CUFF_EVERY_S = 300
TIMES = 5
# When the numbers, and a drawing of the record after its history had come, were on the screen.
WATCH = """(() => { const painted = (done) => requestAnimationFrame(() => setTimeout(() => done(performance.now())));
  const history = () => performance.getEntriesByType('resource').filter((one) => one.name.includes('/readings'));
  new MutationObserver((changes) => {
    if (window.numbersAt === undefined && document.querySelector('.numbers .readout[data-look] .readout-value')) {
      window.numbersAt = null;
      painted((at) => { window.numbersAt = at; });
    }
    const isDrawn = changes.some((one) => one.attributeName === 'data-drawn-in-ms');
    if (isDrawn && history().length && !window.recordAt) painted((at) => { window.recordAt ??= at; });
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-drawn-in-ms', 'data-look'] }); })()"""


async def make_session(data_dir: Path, hours: float) -> str:
    """A session of one room that has been infusing for `hours` until now, on disk. Its id."""
    clock = ManualClock(now_ms() - round(hours * HOUR_S * 1000))
    store = SqliteStore.open(data_dir)
    ward = Ward(store, clock)  # type: ignore[arg-type]  # a real store where its tests hold theirs back
    await ward.start()
    session = await ward.infusing()
    seq = ward.seqs["d1"]
    for second in range(STEP_S, round(hours * HOUR_S), STEP_S):
        measurements = []
        for step in range(STEP_S):
            clock.advance(1_000)
            said = {**CALM, "hr": 66.0 + (second + step) % 7, **(CALM_CUFF if (second + step) % CUFF_EVERY_S == 0 else {})}
            measurements.append(ward.measurement("d1", **said))
        seq += 1
        await ward.registry.intake.frame("d1", "boot", seq, measurements, clock.now_ms())
    await ward.registry.settled()
    await ward.die()
    await store.close()
    return session


async def measure_opening(bench: Bench, session: str, *, hours: float) -> dict[str, float]:
    """Medians of TIMES, in milliseconds from the start of the navigation."""
    async with browser() as launched:
        context = await signed_in(launched, bench)
        paints, lives = await _ward(context, bench.url)
        numbers, records = await _session(context, f"{bench.url}/session/{session}")
    return {
        "opening.first_paint_ms": statistics.median(paints),
        "opening.ward_live_ms": statistics.median(lives),
        "opening.session_hours": hours,
        "opening.session_numbers_ms": statistics.median(numbers),
        "opening.session_record_ms": statistics.median(records),
    }


async def _ward(context: BrowserContext, url: str) -> tuple[list[float], list[float]]:
    paints, lives = [], []
    for turn in range(TIMES + 1):
        page = await context.new_page()
        await page.add_init_script(
            "new MutationObserver(() => { if (document.querySelector('.tile')) window.liveAt ??= performance.now(); })"
            ".observe(document, { subtree: true, childList: true })"
        )
        await open_ward(page, url, 1)
        paint, live = await page.evaluate("[performance.getEntriesByName('first-contentful-paint')[0].startTime, liveAt]")
        await page.close()
        if turn:  # the first was cold
            paints.append(paint)
            lives.append(live)
    return paints, lives


async def _session(context: BrowserContext, url: str) -> tuple[list[float], list[float]]:
    numbers, records = [], []
    for turn in range(TIMES + 1):
        page = await context.new_page()
        await page.add_init_script(WATCH)
        await page.goto(url)
        await page.wait_for_function("() => window.numbersAt && window.recordAt")
        seen = await page.evaluate("[numbersAt, recordAt]")
        await page.close()
        if turn:
            numbers.append(seen[0])
            records.append(seen[1])
    return numbers, records
