"""The ward in a real browser: 64 tiles, 3 vital signs each at 1 Hz, in headless Chromium without a GPU. How long frames take, their cost.

Two periods: processor time without a frame counter, then frames with one, because counting them makes the browser draw every one."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks.swarm import Bench, Device
from tests.support import browser as chromium

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")
SETTLE_S = 3.0  # the page's own start is no part of it
COUNT = """() => { window.frames = []; window.tasks = []; let last = performance.now();
  const step = (at) => { frames.push(at - last); last = at; requestAnimationFrame(step); };
  requestAnimationFrame((at) => { last = at; requestAnimationFrame(step); });
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => tasks.push(entry.duration))).observe({ type: 'longtask' }); }"""


async def measure_browser(bench: Bench, *, sessions: int = 64, seconds: float = 20.0) -> dict[str, float]:
    """`cpu_share` is of one core, over all processes of the browser; times in milliseconds."""
    executable = chromium.find()
    if executable is None:
        raise chromium.NoBrowser(chromium.ADVICE)
    opened = await bench.open_sessions(sessions, "ward")
    devices = [await bench.device(device, token) for _, device, token in opened]
    async with _driven(devices), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(executable), args=list(ARGUMENTS))
        try:
            page = await _ward(await browser.new_page(viewport={"width": 1920, "height": 1080}), bench, sessions)
            processes = await browser.new_browser_cdp_session()
            await asyncio.sleep(SETTLE_S)
            cpu_share = await _cpu_share(processes, seconds)
            await page.evaluate(COUNT)
            await asyncio.sleep(seconds)
            frames, tasks = sorted(await page.evaluate("frames")), await page.evaluate("tasks")
        finally:
            await browser.close()
    return {
        "browser.tiles": float(sessions),
        "browser.cpu_share": cpu_share,
        "browser.frames": float(len(frames)),
        "browser.frame_p99_ms": frames[int(0.99 * len(frames))],
        "browser.frame_longest_ms": frames[-1],
        "browser.long_tasks": float(len(tasks)),
        "browser.long_task_longest_ms": max(tasks, default=0.0),
    }


async def _ward(page: Page, bench: Bench, sessions: int) -> Page:
    """The ward, live, with all its tiles on the screen."""
    cookies: list[Any] = [{"name": name, "value": value, "url": bench.url} for name, value in bench.http.cookies.items()]
    await page.context.add_cookies(cookies)
    await page.goto(bench.url)
    await page.locator("html[data-feed=live]").wait_for()
    await page.locator(".tile").nth(sessions - 1).wait_for()
    return page


async def _cpu_share(session: CDPSession, seconds: float) -> float:
    async def used() -> float:
        found = await session.send("SystemInfo.getProcessInfo")
        return float(sum(process["cpuTime"] for process in found["processInfo"]))

    before, began = await used(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (await used() - before) / (time.perf_counter() - began)


@contextlib.asynccontextmanager
async def _driven(devices: list[Device]) -> AsyncIterator[None]:
    """Every device sends 3 readings a second, each at a moment of its own, until the block ends."""
    dice = random.Random(1)

    async def drive(device: Device, offset: float) -> None:
        await asyncio.sleep(offset)
        second = 0
        while True:
            await device.socket.send(device.frame(1, (60 + second % 40, 96 + second % 3, 13 + second % 4)))
            await device.socket.recv()
            second += 1
            await asyncio.sleep(1.0)

    tasks = [asyncio.create_task(drive(device, dice.random())) for device in devices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
