"""The library that paints is large: verifier, gateway and simulators do without it, and the monitor loads it before it watches anybody."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("module", "is_loaded"), [("monitor.cli", False), ("monitor.api.rest", True)])
def test_what_paints_is_loaded_by_the_monitor_at_its_start_and_by_no_other_command(module: str, is_loaded: bool) -> None:
    said = subprocess.run((sys.executable, "-c", f"import sys, {module}; print('fpdf' in sys.modules)"), capture_output=True, text=True)
    assert (said.stdout, said.stderr) == (f"{is_loaded}\n", "")
