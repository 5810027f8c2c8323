"""The answer to a command that cannot be carried out now."""

from schemas.log import Body


class Refused(Exception):
    """`reason` is a fixed name, `detail` is for people.

    `steps` is what fell due by time before it was refused: that happened all the same and goes into the log.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.steps: list[tuple[int, Body]] = []
