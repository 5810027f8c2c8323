"""From a device's send to the number painted on the ward of a real browser, while many sessions send and it is subscribed to all.

A heart rate counts as painted once a frame with it has been produced: the change of the text, the next animation frame, the task after it.
Devices and browser read the same machine's clock.
"""

import asyncio
import time

from benchmarks.latency import percentile
from benchmarks.pages import MOST_TILES, browser, open_ward, prove_sound, signed_in, ward
from benchmarks.swarm import Bench

SETTLE_S = 3.0
WATCH = """() => { window.painted = [];
  new MutationObserver((changes) => {
    const news = new Set();
    for (const { target } of changes) {
      const value = target.nodeType === 1 ? target : target.parentElement;
      if (value?.matches('.v-hr .readout-value')) news.add(value);
    }
    if (!news.size) return;
    const seen = [...news].map((value) => [value.closest('.tile').dataset.session, Number(value.textContent)]);
    requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const at = performance.timeOrigin + performance.now();
        for (const one of seen) painted.push([...one, at]);
      };
      port2.postMessage(null); });
  }).observe(document.getElementById('wall'), { childList: true, characterData: true, subtree: true }); }"""


async def measure_painted(bench: Bench, *, sessions: int, seconds: float) -> dict[str, float]:
    """p50 and p99 in milliseconds over all numbers that changed on the screen."""
    sent: dict[tuple[str, int], float] = {}

    def on_send(session: str, rate: int) -> None:
        sent[session, rate] = time.time() * 1000  # each rate comes again after 20 s

    async with ward(bench, sessions, "painted", on_send), browser() as launched:
        page = await (await signed_in(launched, bench)).new_page()
        await open_ward(page, bench.url, sessions)
        await prove_sound(page)
        await asyncio.sleep(SETTLE_S)
        await page.evaluate(WATCH)
        await asyncio.sleep(seconds)
        painted = await page.evaluate("painted")
    waits = [at - sent[session, rate] for session, rate, at in painted if (session, rate) in sent]
    return {
        "painted.sessions": float(sessions),
        "painted.numbers": float(len(waits)),
        "painted.reading_to_painted_p50_ms": percentile(waits, 0.50),
        "painted.reading_to_painted_p99_ms": percentile(waits, 0.99),
        "painted.seen_share": len(waits) / (min(sessions, MOST_TILES) * seconds),
    }
