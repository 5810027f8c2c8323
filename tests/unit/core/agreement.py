"""The histories that are held against the second judge with every run of the tests, in shares: two files run them, one on each core."""

import sys

from tests.oracle.against_core import explain, first_difference

HISTORIES = 10_000
WHILE_TRACED = 1_000  # coverage makes each several times dearer, and asks only whether a line is reached
SHARES = 10  # so that a failure says early where it is


def assert_agreement(share: int) -> None:
    size = (HISTORIES if sys.gettrace() is None else WHILE_TRACED) // SHARES
    seed = first_difference(range(share * size, (share + 1) * size))
    assert seed is None, explain(seed)
