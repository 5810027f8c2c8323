"""The one shared language: vital signs, measurements, sessions, alerts, log entries and wire frames.

Every type is a frozen msgspec struct: strict (no bool or string passes for a number, no NaN, no infinity), immutable, and with one
canonical encoding. This package does no I/O, reads no clock and knows neither `monitor` nor `dashboard` nor `simulators`.
Types on the path of every reading are `gc=False`: they hold no cycles, and the collector need not walk them.
"""
