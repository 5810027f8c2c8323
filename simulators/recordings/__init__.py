"""Recorded patients, read from files: `open_recording` picks the reader."""
