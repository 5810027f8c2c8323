"""A Chromium spoken to in its own protocol: with Playwright attached a page counts as looked at for ever, and cannot be frozen."""

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support import browser as chromium
from tests.support.waiting import wait_until

ANSWER_S = 60


class BarePage:
    """The one page of a browser of its own."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._asked = 0
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Events that come meanwhile are nobody's."""
        self._asked += 1
        self._wire.send(json.dumps({"id": self._asked, "method": method, "params": params, **self._session}))
        while True:
            answer = json.loads(self._wire.recv(ANSWER_S))
            if answer.get("id") == self._asked:
                assert "error" not in answer, (method, answer["error"])
                found: dict[str, Any] = answer["result"]
                return found

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str, within_s: float = ANSWER_S) -> None:
        wait_until(lambda: self.evaluate(expression), within_s, expression)

    def set_state(self, state: str) -> None:
        """To `frozen`, which hides the page and stops its tasks as a browser does with a tab in the background, or back to `active`."""
        self.call("Page.setWebLifecycleState", state=state)


@contextlib.contextmanager
def bare_page() -> Iterator[BarePage]:
    executable = chromium.find()
    assert executable is not None, chromium.ADVICE
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        flags = ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-port=0", f"--user-data-dir={folder}")
        process = subprocess.Popen((str(executable), *flags), stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            said = next(found[1] for line in process.stderr if (found := re.search(r"listening on (ws://\S+)", line)))
            with connect(said, max_size=None, compression=None) as wire:
                yield BarePage(wire)
        finally:
            process.terminate()
            process.communicate(timeout=ANSWER_S)
