"""A virtual oximeter on a pty that goes on by itself, and a network between two programs that can be cut."""

import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta

from simulators.devices.masimo import MasimoState, line
from simulators.devices.wires import PtyWire


class Oximeter(threading.Thread):
    """`with Oximeter() as oximeter:` says `spo2` once a second, a serial port at `oximeter.path`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.spo2 = 97
        self.said: list[int] = []
        self._wire = PtyWire()
        self.path = self._wire.path
        self._over = threading.Event()

    def __enter__(self) -> "Oximeter":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()
        self._wire.unplug()

    def run(self) -> None:
        at = datetime(2026, 11, 22, 10, 41, 7)
        while not self._over.wait(1.0):
            at += timedelta(seconds=1)
            spo2 = self.spo2
            self._wire.send(line(at, MasimoState(spo2, 72)))
            self.said.append(spo2)


class Network:
    """`with Network(port) as network:` carries connections from `network.port` to that port of this machine, but while `is_cut`."""

    def __init__(self, port: int) -> None:
        self.is_cut = False
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._ends: list[socket.socket] = []

    def __enter__(self) -> "Network":
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """Every connection ends, and new ones end at once, until `mend`."""
        self.is_cut = True
        while self._ends:
            with suppress(OSError), self._ends.pop() as end:
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                if self.is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
