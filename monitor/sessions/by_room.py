"""Which open session is in which room, and which one a request has made: asked at every creation, so never searched for."""

from monitor.sessions.runner import Runner


class ByRoom:
    """Bounded by the open sessions."""

    def __init__(self) -> None:
        self._rooms: dict[str, str] = {}
        self._requests: dict[str, str] = {}

    def opened(self, runner: Runner) -> None:
        created = runner.engine.created
        self._rooms.setdefault(created.room, runner.session)
        if created.request is not None:
            self._requests.setdefault(created.request, runner.session)

    def closed(self, runner: Runner) -> None:
        created = runner.engine.created
        if self._rooms.get(created.room) == runner.session:
            del self._rooms[created.room]
        if created.request is not None and self._requests.get(created.request) == runner.session:
            del self._requests[created.request]

    def session_in(self, room: str) -> str | None:
        return self._rooms.get(room)

    def made_by(self, request: str) -> str | None:
        return self._requests.get(request)
