"""A monitor with many sessions does not stop to look through them all while alerts wait."""

import subprocess
import sys

import pytest

LOOKS = """
import gc
from monitor.cli.serve import tune
{tune}
before = gc.get_stats()[2]["collections"]
lasting = [[number] for number in range(1_000_000)]
print(gc.get_stats()[2]["collections"] - before)
"""


@pytest.mark.parametrize(("tune", "stands_still"), [("tune()", False), ("", True)], ids=["tuned", "as Python comes"])
def test_what_lives_long_is_not_looked_through_again_and_again(tune: str, stands_still: bool) -> None:
    """A million new objects that stay: as many as a thousand sessions make in half a minute."""
    told = subprocess.run([sys.executable, "-c", LOOKS.format(tune=tune)], check=True, capture_output=True, text=True)
    assert (int(told.stdout) > 0) is stands_still
