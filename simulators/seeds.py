"""Random numbers of the simulators: always from a seed, one independent stream for each purpose.

Streams are named, so that a change in one (say, the cuff's noise) does not shift the numbers of another (the patient).
"""

import random


def seeded(seed: int, stream: str) -> random.Random:
    """The generator of `stream` for `seed`; the same on every machine and Python (string seeds are hashed with SHA-512)."""
    return random.Random(f"{stream}/{seed}")
