"""The store in memory keeps the contract."""

import pytest

from monitor.access.memory import MemoryAccessStore
from monitor.access.ports import AccessStore
from tests.unit.access.store_contract import AccessStoreContract


class TestMemoryAccessStore(AccessStoreContract):
    @pytest.fixture
    def kept(self) -> AccessStore:
        return MemoryAccessStore()
