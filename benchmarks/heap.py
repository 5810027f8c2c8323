"""Whether a screen grows: the ward of the demo at 60 times the pace, its JavaScript heap after a collection, again and again.

A simulated hour passes in a minute. What is kept for the sparklines (ten minutes) is full before the first look.
"""

import asyncio
import contextlib
import statistics
from pathlib import Path

from benchmarks.pages import browser
from tests.support.running import demo

SPEED = 60
WARM_MIN = 20  # simulated
RECORDED_H = 12  # outlasts what is measured
MB = 1_000_000


def write_recording(path: Path) -> Path:
    """A patient of RECORDED_H hours at 1 Hz with a cuff every five minutes: the sessions of the demo end sooner."""
    rows = ["offset_s,heart_rate,spo2,respiratory_rate,systolic_bp,diastolic_bp,mean_bp"]
    for second in range(RECORDED_H * 3_600):
        cuff = "124,76,92" if second % 300 == 0 else ",,"
        rows.append(f"{second},{66 + second % 7},{97 + second // 60 % 2},{13 + second // 10 % 3},{cuff}")
    path.write_text("\n".join(rows) + "\n")
    return path


async def measure_heap(folder: Path, *, minutes: float, looks: int) -> dict[str, float]:
    """`minutes` are simulated. The growth is that of the line through all looks, for eight hours."""
    recording = await asyncio.to_thread(write_recording, folder / "long.csv")
    with contextlib.ExitStack() as stack:
        running, link = await asyncio.to_thread(
            stack.enter_context, demo(folder / "heap", "--beds", "4", "--speed", str(SPEED), "--replay", str(recording))
        )
        async with browser() as launched:
            page = await launched.new_page()
            await page.goto(link)
            await page.locator("html[data-feed=live]").wait_for()
            began = await page.evaluate("performance.now()")
            session = await page.context.new_cdp_session(page)
            await asyncio.sleep(WARM_MIN * 60 / SPEED)
            seen = []
            for _ in range(looks):
                await asyncio.sleep(minutes * 60 / SPEED / looks)
                await session.send("HeapProfiler.collectGarbage")
                used = await session.send("Runtime.getHeapUsage")
                seen.append(((await page.evaluate("performance.now()") - began) * SPEED / 3_600_000, used["usedSize"] / MB))
            tiles = await page.locator(".tile").count()
            await asyncio.to_thread(running.stop)
    hours, sizes = zip(*seen, strict=True)
    slope = statistics.linear_regression(hours, sizes).slope
    return {
        "heap.simulated_hours": hours[-1] - hours[0],
        "heap.tiles_at_the_end": float(tiles),
        "heap.first_mb": sizes[0],
        "heap.last_mb": sizes[-1],
        "heap.growth_mb_per_hour": slope,
        "heap.growth_mb_in_8_h": 8 * slope,
    }
