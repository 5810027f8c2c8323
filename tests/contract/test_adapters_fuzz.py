"""Ten thousand altered inputs to every codec; `make fuzz` gives it a million."""

import pytest

from monitor.adapters.registry import BUILT_IN
from tests.contract.fuzzing import fuzz


@pytest.mark.parametrize("name", BUILT_IN)
def test_ten_thousand_altered_inputs(name: str) -> None:
    assert fuzz(name, 10_000)["DeviceMeasurement"] > 0
