"""How `infusion-monitor simulate` looks while it runs: the table of the beds, and the line of a load."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import httpx2
from rich.console import Console
from rich.live import Live

from monitor.clock import SystemClock
from simulators.clinician import Clinician
from simulators.load import run_load
from simulators.load_tally import Tally
from simulators.rest import Rest, origin_of, signed_in
from simulators.run import BedResult
from simulators.say import Say
from simulators.scenario import Scenario
from simulators.seeds import seeded
from simulators.view import Seat, table

REFRESH_S: Final = 0.5
ANSWER_S: Final = 30.0  # for an answer under load: longer than the monitor itself waits for its disk


async def shown(running: Coroutine[Any, Any, list[BedResult]], seats: dict[str, Seat]) -> list[BedResult]:
    """The table on standard error until the beds have ended."""
    beds = asyncio.ensure_future(running)
    with Live(table(seats.values()), console=Console(stderr=True), auto_refresh=False) as live:
        try:
            while not beds.done():
                await asyncio.wait({beds}, timeout=REFRESH_S)
                live.update(table(seats.values()), refresh=True)
        finally:
            beds.cancel()
            await asyncio.gather(beds, return_exceptions=True)
    return beds.result()


async def load(url: str | None, login_url: str, beds: int, minutes: float, every_s: float, play: Scenario, seed: int, say: Say) -> Tally:
    """`beds` beds from this process."""
    url = url or origin_of(login_url)
    http = await signed_in(url, login_url)
    async with http() as client:
        client.timeout = httpx2.Timeout(ANSWER_S)
        return await run_load(
            url=url,
            clinician=Clinician(Rest(client, rng=seeded(seed, "rest"), say=say)),
            beds=beds,
            seconds=minutes * 60,
            every_s=every_s,
            scenario=play,
            seed=seed,
            monotonic=asyncio.get_running_loop().time,
            now_ms=SystemClock().now_ms,
            sleep=asyncio.sleep,
            say=say,
        )
