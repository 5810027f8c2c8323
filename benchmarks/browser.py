"""The ward in a real browser: 64 tiles, 3 vital signs each at 1 Hz, in headless Chromium without a GPU. How long frames take, their cost.

Two periods: processor time without a frame counter, then frames with one, because counting them makes the browser draw every one.
"""

import asyncio

from benchmarks.pages import browser, cpu_share, open_ward, prove_sound, signed_in, ward
from benchmarks.swarm import Bench

SETTLE_S = 3.0  # the page's own start is no part of it
COUNT = """() => { window.frames = []; window.tasks = []; let last = performance.now();
  const step = (at) => { frames.push(at - last); last = at; requestAnimationFrame(step); };
  requestAnimationFrame((at) => { last = at; requestAnimationFrame(step); });
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => tasks.push(entry.duration))).observe({ type: 'longtask' }); }"""


async def measure_browser(bench: Bench, *, sessions: int = 64, seconds: float = 20.0) -> dict[str, float]:
    """`cpu_share` is of one core, over all processes of the browser; times in milliseconds."""
    async with ward(bench, sessions, "ward"), browser() as launched:
        page = await (await signed_in(launched, bench)).new_page()
        await open_ward(page, bench.url, sessions)
        await prove_sound(page)
        processes = await launched.new_browser_cdp_session()
        await asyncio.sleep(SETTLE_S)
        share = await cpu_share(processes, seconds)
        await page.evaluate(COUNT)
        await asyncio.sleep(seconds)
        frames, tasks = sorted(await page.evaluate("frames")), await page.evaluate("tasks")
    return {
        "browser.tiles": float(sessions),
        "browser.cpu_share": share,
        "browser.frames": float(len(frames)),
        "browser.frame_p99_ms": frames[int(0.99 * len(frames))],
        "browser.frame_longest_ms": frames[-1],
        "browser.long_tasks": float(len(tasks)),
        "browser.long_task_longest_ms": max(tasks, default=0.0),
    }
