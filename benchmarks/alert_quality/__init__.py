"""How good the alerts are: simulated sessions of which the truth is known, the engine beside the same limits used naively."""
