"""What people do at a ward in a test, and a device that goes on speaking meanwhile."""

from collections.abc import Mapping

from schemas.log import AudioPaused, ObservationCharted
from schemas.signs import Charted
from schemas.stream_wire import ShownAlert
from tests.support.channels import FakeChannel
from tests.unit.sessions.ward import Ward, turns


async def another_ward(*channels: FakeChannel) -> Ward:
    built = Ward(channels=channels)
    await built.start()
    return built


async def chart(ward: Ward, session: str, sign: Charted, value: int = 1) -> None:
    await ward.registry.command(session, ObservationCharted("anna", None, sign, value))


async def pause(ward: Ward, session: str, seconds: int = 120) -> None:
    await ward.registry.command(session, AudioPaused("anna", seconds * 1000))


async def say_for(ward: Ward, seconds: int, said: Mapping[str, float | None], *, is_watched: bool = True) -> None:
    """Every four seconds: often enough to be no silence. A screen watches and shows what is raised, unless it does not."""
    for _ in range(seconds // 4):
        await ward.pass_time(4)
        await ward.say(**said)
        if is_watched:
            await watch(ward)


async def watch(ward: Ward) -> None:
    """One screen that is seen and heard, and has painted every alert."""
    ward.registry.screens.said(1, "anna", is_ready=True)
    await turns()
    for runner in ward.registry.open_sessions():
        raised = [alert.id for alert in runner.engine.alerts() if alert.raised_at_ms is not None]
        ward.registry.screens.shown(1, "anna", [ShownAlert(runner.session, alert) for alert in raised])
