"""Documents of the virtual gateway: a second of streamed values, one without a value, a cuff in kPa, one Observation by itself."""

import json
from datetime import UTC, datetime

from hypothesis import strategies as st

from schemas.vitals import Vital
from simulators.devices.fhir import bundle, observation
from tests.contract.adapter_laws import Specimen

_AT = datetime(2026, 11, 22, 10, 41, 7, tzinfo=UTC)
_ONE = observation(_AT, Vital.SPO2, 96.0)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(_ONE)) | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def _damaged(path: list[str], value: object) -> bytes:
    """The Observation with one of its elements, at any depth, made something else."""
    document = json.loads(json.dumps(_ONE))
    place = document
    for name in path[:-1]:
        place = place[name] if isinstance(place.get(name), dict) else place
    place[path[-1]] = value
    return json.dumps(document).encode()


_NAMES = st.sampled_from([*_ONE, "component", "coding", "system", "value", "comparator", "effectivePeriod", "dataAbsentReason", "meta"])

SPECIMEN = Specimen(
    inputs=(
        bundle(_AT, {Vital.HEART_RATE: 72.0, Vital.SPO2: 97.5, Vital.RESPIRATORY_RATE: None, Vital.ETCO2: 38.0}),
        bundle(_AT.replace(second=8), {Vital.SYSTOLIC_BP: 118.0, Vital.DIASTOLIC_BP: 74.0, Vital.MEAN_BP: 89.0}, in_kpa=True),
        json.dumps(_ONE).encode(),
    ),
    arbitrary=st.one_of(
        st.binary(max_size=400),
        _JSON.map(lambda value: json.dumps(value).encode()),
        st.builds(_damaged, st.lists(_NAMES, min_size=1, max_size=3), _JSON),
        _JSON.map(lambda value: json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": value}, value]}).encode()),
    ),
)
