"""The screen's modules in node, without a browser. The node is the one that Playwright ships."""

import os
import subprocess
from pathlib import Path

import playwright

NODE = Path(playwright.__file__).parent / "driver" / "node"
LIVE = Path(__file__).parents[2] / "dashboard" / "assets" / "live"


def run_node(*arguments: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
    """`said` goes to its standard input."""
    environment = {key: value for key, value in os.environ.items() if key != "NODE_OPTIONS"}
    return subprocess.run((str(NODE), *arguments), input=said, capture_output=True, text=True, timeout=60, check=False, env=environment)
