"""The histories that are held against the second judge with every run of the tests, in shares: two files run them, one on each core."""

import sys

from tests.oracle.against_core import explain, first_difference

HISTORIES = 10_000
WHILE_TRACED = 1_000  # coverage makes each several times dearer, and asks only whether a line is reached
SHARES = 10  # so that a failure says early where it is

# Where core and page are known to part, until one of them is changed: test_oracle.py holds that they still do.
OPEN = {73: "an immediate clause on the first cuff, while another sign of the rule was doubtful, waits in the core for a second cuff"}


def assert_agreement(share: int) -> None:
    size = (HISTORIES if sys.gettrace() is None else WHILE_TRACED) // SHARES
    seed = first_difference(seed for seed in range(share * size, (share + 1) * size) if seed not in OPEN)
    assert seed is None, explain(seed)
