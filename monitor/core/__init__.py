"""The pure core: (state, input, at) -> entries of the log. No I/O, no asyncio, no logging, no randomness, no clock."""
