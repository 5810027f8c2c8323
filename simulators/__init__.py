"""Simulated patients, bedside monitors and clinicians, and recorded patients played again.

Everything here talks to a monitor from the outside: it knows `schemas` and the wire, never `monitor`. One seed gives one patient, one
noise, one set of bytes. What it sends is always marked `simulated` or `replayed`.
"""
