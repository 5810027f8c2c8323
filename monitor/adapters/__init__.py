"""Bedside devices by their own protocols. `base` is the contract, `said` what a codec can say, `registry` finds adapters by name."""
