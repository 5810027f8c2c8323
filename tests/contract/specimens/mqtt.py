"""Publications of a virtual device: status, values, none, an event; and JSON of any shape."""

import json
from datetime import UTC, datetime

from hypothesis import strategies as st

from monitor.adapters.mqtt.codec import Connected, Publication
from simulators.devices.mqtt import TOPIC, event, reading
from tests.contract.adapter_laws import Specimen

_AT = datetime(2026, 11, 22, 10, 41, 7, tzinfo=UTC)
_READING, _EVENT, _STATUS = (f"{TOPIC}/oxi-1/{what}" for what in ("reading", "event", "status"))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["spo2", "%", "start"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["values", "code", "value", "unit", "doubts", "id"]), inner)
    ),
    max_leaves=8,
)
_VALUE = st.fixed_dictionaries({"code": st.sampled_from(["spo2", "x"]), "value": _JSON, "unit": st.sampled_from(["%", "?"])})
_TOLD = st.fixed_dictionaries({"values": st.lists(_VALUE, min_size=1, max_size=3), "measured_at": st.text(max_size=30)})
_PAYLOAD = st.one_of(
    st.binary(max_size=60), _JSON.map(lambda made: json.dumps(made).encode()), _TOLD.map(lambda made: json.dumps(made).encode())
)

SPECIMEN = Specimen(
    inputs=(
        Connected(is_resumed=False),
        Publication(_STATUS, b"online", is_retained=True),
        Publication(_READING, reading(1, _AT, {"spo2": 97, "pulse_rate": 72}), number=1),
        Publication(_READING, reading(2, _AT.replace(second=8), {"spo2": None, "pulse_rate": None}, doubts=("sensor_off",)), number=2),
        Publication(_EVENT, event(3, "spo2-low", "start", "SpO2 low"), number=3),
        Publication(_READING, reading(4, None, {"systolic_bp": 124.5, "diastolic_bp": 80}, kind="aperiodic"), number=4),
        Publication(_STATUS, b"offline"),
    ),
    arbitrary=st.one_of(
        st.builds(Connected, st.booleans()),
        st.builds(
            Publication, st.sampled_from([_READING, _EVENT, _STATUS]), _PAYLOAD, st.booleans(), st.booleans(), st.none() | st.integers(1, 9)
        ),
        st.builds(Publication, st.text(max_size=40), st.binary(max_size=40)),
    ),
)
