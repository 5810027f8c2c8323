"""`python -m tests.contract.fuzzing [ADAPTER ...] [--inputs N] [--seed N]`: altered inputs to codecs, by hand and in millions.

A codec never raises, holds no more than it says it may, and what it says is sound. Says for each codec how many inputs it had, what it said
of them and how long that took. Ends with the first input that breaks it: the same seed finds it again.
"""

import argparse
from collections import Counter
from random import Random
from time import perf_counter
from typing import Any, Final

import msgspec

from monitor.adapters.base import StreamCodec
from monitor.adapters.registry import BUILT_IN
from tests.contract.adapter_laws import AT_MS, assert_sound
from tests.contract.specimens import make_of, specimen_of

SEED: Final = 20261122
A_CONNECTION: Final = 50  # inputs
HELD: Final = 64  # one of so many items is held to what holds of every item: that takes longer than the decoding
MILLION: Final = 1_000_000


def altered(item: Any, rng: Random) -> Any:
    """Of a text or bytes a piece lost, doubled or replaced; of a message one field, however deep; of a number another."""
    if isinstance(item, bytes):
        begin, length = rng.randrange(len(item) + 1), rng.randrange(4)
        return item[:begin] + rng.choice((b"", rng.randbytes(length), item[begin : begin + 8] * 2)) + item[begin + length :]
    if isinstance(item, str):
        return altered(item.encode("utf-8", "replace"), rng).decode("utf-8", "replace")
    if isinstance(item, msgspec.Struct):
        field = rng.choice(item.__struct_fields__ or ("",))
        return msgspec.structs.replace(item, **{field: altered(getattr(item, field), rng)}) if field else item
    if isinstance(item, tuple):
        place = rng.randrange(len(item)) if item else 0
        return (*item[:place], *(altered(one, rng) for one in item[place : place + 1]), *item[place + 1 :])
    if isinstance(item, bool) or item is None:
        return rng.choice((True, False, None)) if isinstance(item, bool) else item
    if isinstance(item, float):
        return rng.choice((item, -item, float("nan"), float("inf"), 0.0, 1e300))
    return item


def fuzz(name: str, inputs: int, seed: int = SEED) -> Counter[str]:
    """`inputs`: whole connections of them. Returns how often the codec said what, by kind. Raises AssertionError."""
    rng, told = Random(f"{name} {seed}"), Counter[str]()
    make, course = make_of(name), specimen_of(name).inputs
    for _ in range(inputs // A_CONNECTION):
        codec = make()
        said = codec.opened(AT_MS)
        for place in range(A_CONNECTION):
            whole = course[place % len(course)] if place < len(course) else rng.choice(course)
            said += codec.feed(whole if rng.random() < 0.3 else altered(whole, rng), AT_MS)
            assert not isinstance(codec, StreamCodec) or codec.pending <= codec.max_pending
        ended = codec.closed(AT_MS)
        for item in (*said[rng.randrange(HELD) :: HELD], *ended):
            assert_sound(item)
        told.update(type(item).__name__ for item in (*said, *ended))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.fuzzing", description=__doc__)
    parser.add_argument("adapters", nargs="*", metavar="ADAPTER", help=f"of {', '.join(BUILT_IN)}; default: all")
    parser.add_argument("--inputs", type=int, default=MILLION, help=f"to each codec (default {MILLION})")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    if strange := set(given.adapters) - set(BUILT_IN):
        parser.error(f"there is no adapter {', '.join(sorted(strange))}")
    for name in given.adapters or BUILT_IN:
        began = perf_counter()
        told = fuzz(name, given.inputs, given.seed)
        said = ", ".join(f"{number} {kind}" for kind, number in sorted(told.items()))
        print(f"{name}: {given.inputs} inputs in {perf_counter() - began:.0f} s, sound: {said}", flush=True)


if __name__ == "__main__":
    main()
