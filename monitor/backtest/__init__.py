"""Judging recorded sessions again under two rule sets, and saying what differs: before a limit is changed, not after."""
