"""A ward in memory; the one on disk is asked for where a restart is at stake."""

from tests.unit.sessions.conftest import ward as ward
