"""The real program in a process of its own, on a free loopback port and a data folder of the test's. Ended by its process id."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue

START_S = 60
END_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A started program. Its output is read all along, so that it never blocks on a full pipe."""

    def __init__(self, arguments: Sequence[str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self._queue: Queue[str | None] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "monitor.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.append(line)
                self._queue.put(line)
        self._queue.put(None)

    def wait_for(self, pattern: str, within_s: float = START_S) -> str:
        """The first group of the first line that matches; fails with what was printed."""
        while True:
            try:
                line = self._queue.get(timeout=within_s)
            except Empty:
                line = None
            if line is None:
                raise AssertionError(f"no line like {pattern!r} in:\n{''.join(self.lines[-40:])}")
            found = re.search(pattern, line)
            if found:
                return found.group(1)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(END_S)
        self._reader.join(END_S)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired as late:
                self.kill()
                raise AssertionError(f"it did not end by itself; its last lines:\n{''.join(self.lines[-40:])}") from late
        self._reader.join(END_S)


@contextlib.contextmanager
def started(arguments: list[str], says: str, port: int = 0) -> Iterator[tuple[Running, str]]:
    running = Running(arguments, port)
    try:
        yield running, running.wait_for(says)
    finally:
        running.stop()


@contextlib.contextmanager
def demo(data_dir: Path, *arguments: str) -> Iterator[tuple[Running, str]]:
    """`infusion-monitor demo`; gives the program and its one-time login link."""
    port = free_port()
    running = Running(["demo", "--port", str(port), "--data-dir", str(data_dir), *arguments], port)
    try:
        yield running, running.wait_for(r"Open (http\S+)")
    finally:
        running.stop()


@contextlib.contextmanager
def serve(data_dir: Path, *, port: int | None = None) -> Iterator[Running]:
    """`infusion-monitor serve` on a folder that may hold sessions already."""
    port = port or free_port()
    running = Running(["serve", "--port", str(port), "--data-dir", str(data_dir)], port)
    try:
        running.wait_for(r"(Secondary display)")
        yield running
    finally:
        running.stop()


def run(*arguments: str, within_s: float = 120) -> subprocess.CompletedProcess[str]:
    """The program to its end."""
    return subprocess.run([sys.executable, "-m", "monitor.cli", *arguments], capture_output=True, text=True, timeout=within_s, check=False)
