"""`python -m tests.oracle --histories 1000000 --jobs 2 --seed 1`: hold the core against the second judge over many histories."""

import argparse
import gc
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from tests.oracle.against_core import explain, first_difference

CHUNK = 500


def _begin() -> None:
    """What was imported is not garbage, and a history makes little of it: looking for it seldom saves a tenth."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _chunk(first: int) -> tuple[int, int | None]:
    return first, first_difference(range(first, first + CHUNK))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first history; the next one has the next seed")
    options = parser.parse_args()
    firsts = iter(range(options.seed, options.seed + options.histories, CHUNK))
    done = 0
    with ProcessPoolExecutor(options.jobs, initializer=_begin) as pool:
        while wave := list(islice(firsts, options.jobs * 4)):  # a bound on what is in flight
            for _, differing in pool.map(_chunk, wave):
                if differing is not None:
                    sys.stdout.write(explain(differing) + "\n")
                    return 1
                done += CHUNK
            sys.stdout.write(f"{done} histories agree\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
