"""A real Chromium on a page of the monitor that is measured, headless and without a GPU, and the devices that make it move."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from benchmarks.swarm import Bench, Device
from tests.support import browser as chromium

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")
ALERTING = 20
AT_ONCE = 50  # devices that connect together
CUFF_EVERY_S = 240
SENT_ONCE_S = 2.0  # after which every device has given its first values
MOST_TILES = 120  # the ward shows no more (live/wall_order.mjs)


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Raises NoBrowser."""
    executable = chromium.find()
    if executable is None:
        raise chromium.NoBrowser(chromium.ADVICE)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=str(executable), args=list(ARGUMENTS))
        try:
            yield launched
        finally:
            await launched.close()


async def signed_in(launched: Browser, bench: Bench) -> BrowserContext:
    """A window of 1920 x 1080 whose person is the bench's."""
    context = await launched.new_context(viewport={"width": 1920, "height": 1080})
    cookies: list[Any] = [{"name": name, "value": value, "url": bench.url} for name, value in bench.http.cookies.items()]
    await context.add_cookies(cookies)
    return context


async def open_ward(page: Page, url: str, sessions: int) -> None:
    """Live, and with a tile for every session that has one."""
    await page.goto(url)
    await page.locator("html[data-feed=live]").wait_for()
    await page.locator(".tile").nth(min(sessions, MOST_TILES) - 1).wait_for(state="attached")


async def prove_sound(page: Page) -> None:
    """As a person does at the start of a day: from here on somebody watches."""
    await page.locator("#sound-chip").click()
    await page.locator("#sound-chip[data-state=proven]").wait_for()


async def cpu_share(session: CDPSession, seconds: float) -> float:
    """Of one core, over all processes of the browser."""

    async def used() -> float:
        found = await session.send("SystemInfo.getProcessInfo")
        return float(sum(process["cpuTime"] for process in found["processInfo"]))

    before, began = await used(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (await used() - before) / (time.perf_counter() - began)


@contextlib.asynccontextmanager
async def ward(
    bench: Bench, count: int, prefix: str, on_send: Callable[[str, int], None] = lambda _session, _rate: None
) -> AsyncIterator[None]:
    """`count` rooms that infuse, each with its device, until the block ends: calm but for every ALERTING-th, which has a heart rate that
    raises an alert nobody answers. `on_send(session, heart rate)`."""
    opened = await bench.open_sessions(count, prefix, infusing=False)
    ids = [session for session, _, _ in opened]
    devices = []
    for first in range(0, count, AT_ONCE):
        devices += await asyncio.gather(*(bench.device(device, token) for _, device, token in opened[first : first + AT_ONCE]))
    async with _driven(devices, lambda place, rate: on_send(ids[place], rate)):
        await asyncio.sleep(SENT_ONCE_S)
        await bench.begin(ids)
        yield


@contextlib.asynccontextmanager
async def _driven(devices: list[Device], on_send: Callable[[int, int], None]) -> AsyncIterator[None]:
    """Every device sends 3 readings a second, each at a moment of its own, and a cuff value every CUFF_EVERY_S. It keeps to its own beat,
    as a monitor at a bed does: devices that waited for their answers would all send at once ever after the first one that came late."""
    dice = random.Random(1)

    async def drive(place: int, device: Device, offset: float) -> None:
        began = time.perf_counter() + offset
        for second in itertools.count():
            await asyncio.sleep(max(0.0, began + second - time.perf_counter()))
            rate = (140 if place % ALERTING == 0 else 60) + second % 20
            text = device.frame(1, (rate, 96 + second % 3, 13 + second % 4), has_cuff=second % CUFF_EVERY_S == 0)
            on_send(place, rate)
            await device.socket.send(text)

    async def hear(device: Device) -> None:
        async for _ in device.socket:
            pass

    tasks = [asyncio.create_task(drive(place, device, dice.random())) for place, device in enumerate(devices)]
    tasks += [asyncio.create_task(hear(device)) for device in devices]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
