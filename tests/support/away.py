"""What happens in the invented ward while a screen is away."""

from msgspec.structs import replace

from tests.support import stub_ward
from tests.support.stub_monitor import StubMonitor


def meanwhile(stub: StubMonitor) -> None:
    """While a screen is away: room 4 desaturates, room 1 calms down, room 3 is answered, room 2 has an apnoea that ends."""
    alert = stub_ward.alert("OX-H1", "Deep desaturation", "SpO2 79 < 80", since_ms=stub.now_ms())
    stub.put(replace(stub.sessions["S-000004"], alerts=(alert,)))
    stub.put(replace(stub.sessions["S-000001"], alerts=()))
    stub.run(lambda: stub.acknowledge("S-000003", "BP-H1.1"))
    lines = [("alert_changed", "RR-H1.1 Apnoea raised: RR 0 < 6"), ("alert_changed", "RR-H1.1 Apnoea condition ended: RR 12")]
    stub.run(lambda: stub.change(stub.fresh(stub.sessions["S-000002"]), lines))
