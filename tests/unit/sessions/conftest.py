from collections.abc import AsyncIterator

import pytest

from tests.unit.sessions.ward import Ward


@pytest.fixture
async def ward() -> AsyncIterator[Ward]:
    ward = Ward()
    await ward.start()
    yield ward
    ward.store.release()
    await ward.registry.stop()
