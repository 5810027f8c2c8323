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


def _chunk(first: int) -> list[int]:
    """The seeds of a chunk at which the two part: one does not hide the next."""
    parting = []
    while (differing := first_difference(range(first, end := first - first % CHUNK + CHUNK))) is not None:
        parting.append(differing)
        if (first := differing + 1) == end:
            break
    return parting


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first history; the next one has the next seed")
    options = parser.parse_args()
    firsts = iter(range(options.seed - options.seed % CHUNK, options.seed + options.histories, CHUNK))
    done, parted = 0, 0
    with ProcessPoolExecutor(options.jobs, initializer=_begin) as pool:
        while wave := list(islice(firsts, options.jobs * 4)):  # a bound on what is in flight
            for parting in pool.map(_chunk, wave):
                sys.stdout.writelines(explain(differing) + "\n" for differing in parting)
                parted += len(parting)
                done += CHUNK
            sys.stdout.write(f"{done - parted} of {done} histories agree\n")
            sys.stdout.flush()
    return 1 if parted else 0


if __name__ == "__main__":
    sys.exit(main())
