"""A real Chromium on a page of the monitor that is measured, headless and without a GPU, and the devices that make it move."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from benchmarks.swarm import Bench, Device
from tests.support import browser as chromium

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")
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


async def cpu_share(session: CDPSession, seconds: float) -> float:
    """Of one core, over all processes of the browser."""

    async def used() -> float:
        found = await session.send("SystemInfo.getProcessInfo")
        return float(sum(process["cpuTime"] for process in found["processInfo"]))

    before, began = await used(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (await used() - before) / (time.perf_counter() - began)


@contextlib.asynccontextmanager
async def driven(devices: list[Device], on_send: Callable[[int, int], None] = lambda _device, _rate: None) -> AsyncIterator[None]:
    """Every device sends 3 readings a second, each at a moment of its own, until the block ends. `on_send(device's place, heart rate)`."""
    dice = random.Random(1)

    async def drive(place: int, device: Device, offset: float) -> None:
        await asyncio.sleep(offset)
        second = 0
        while True:
            rate = 60 + second % 40
            text = device.frame(1, (rate, 96 + second % 3, 13 + second % 4))
            on_send(place, rate)
            await device.socket.send(text)
            await device.socket.recv()
            second += 1
            await asyncio.sleep(1.0)

    tasks = [asyncio.create_task(drive(place, device, dice.random())) for place, device in enumerate(devices)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
