"""A network line between a browser and a server that can be cut as a pulled cable cuts it: nobody is told, what was under way waits."""

import contextlib
import socket
import threading
from collections.abc import Iterator

BYTES = 65_536


class Line:
    """Listens on a loopback port of its own and passes everything to `to_port` and back."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._flows = threading.Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):  # an end was closed
            while piece := source.recv(BYTES):
                self._flows.wait()
                sink.sendall(piece)
            self._flows.wait()
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._flows.set()
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.close()
