"""Measurements of the running monitor, each beside a limit or a peer measured in the same run. Machines are
shared and noisy: read ratios."""
