"""The other half of the histories of test_oracle.py, in a file of their own so that another core can take them."""

import pytest

from tests.unit.core.agreement import SHARES, assert_agreement


@pytest.mark.parametrize("share", range(1, SHARES, 2))
def test_two_judges_agree(share: int) -> None:
    assert_agreement(share)
