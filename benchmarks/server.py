"""A monitor of its own process on a fresh data folder, and a logged-in client for it."""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2

from benchmarks.swarm import Bench

START_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def monitor(data_dir: Path) -> AsyncIterator[tuple[Bench, subprocess.Popen[str]]]:
    """Start `infusion-monitor serve`, log in by its one-time link, and end it by its process id."""
    port = free_port()
    environment = {**os.environ, "INFUSION_ADMIN_TICKET": "1"}
    process = subprocess.Popen(  # noqa: ASYNC220 - a start of some milliseconds, before anything is measured
        [sys.executable, "-m", "monitor.cli", "serve", "--data-dir", str(data_dir), "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        link = await asyncio.wait_for(asyncio.to_thread(_login_link, process), START_S)
        url = f"http://127.0.0.1:{port}"
        async with _client(url) as admin, _client(url) as http:
            await _sign_in(admin, link)
            await admin.post("/api/v1/people", json={"username": "bench", "name": "Load generator", "role": "clinician"})
            answer = await admin.post("/api/v1/people/bench/tickets")
            await _sign_in(http, answer.json()["path"])
            yield Bench(url, http), process
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


def _client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=30, headers={"Origin": url}, trust_env=False)


async def _sign_in(http: httpx2.AsyncClient, link: str) -> None:
    answer = await http.post("/auth/ticket", data={"ticket": link.partition("ticket=")[2]})
    if not http.cookies:
        raise RuntimeError(f"the login link let nobody in: {answer.status_code}")


def _login_link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        found = re.search(r"(/auth/ticket\?ticket=\S+)", line)
        if found:
            return found.group(1)
    raise RuntimeError("the monitor ended at its start:\n" + "".join(seen[-20:]))
