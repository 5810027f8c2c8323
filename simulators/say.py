"""One line of text for whoever watches a simulation. Never a value of a patient."""

from collections.abc import Callable

Say = Callable[[str], None]


def ignore(_: str) -> None:
    """Says nothing."""
