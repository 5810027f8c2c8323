"""A recorder joins and sends both forms. Anything else: texts and bytes of any kind, whole uploads cut and altered."""

import json
import zlib
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from monitor.adapters.base import CodecSettings
from monitor.adapters.vital_recorder.socket_io import Frame, Opened
from simulators.devices.vital_recorder import Room, gzip_hl7, zlib_json
from tests.contract.adapter_laws import AT_MS, Specimen

CODE = "VR_A"
_ROOMS = (
    Room("BED-1", {"ECG_HR": 72, "PLETH_SPO2": 97, "CO2_CONC": 38, "NIBP_SBP": 118, "NIBP_DBP": 74, "CO": 4.2}, AT_MS / 1000 - 300),
    Room("BED-2", {"PLETH_HR": None, "PLETH_SPO2": 88, "EEG_BIS": 61}),
)
UPLOADS = (zlib_json(CODE, _ROOMS, AT_MS / 1000), gzip_hl7(CODE, _ROOMS, datetime(2026, 11, 22, 10, 41, 7), 1))
EVENT = '451-["send_data",{"_placeholder":true,"num":0}]'

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["dt", "val", "recs", "trks", "rooms"]), inner),
    max_leaves=8,
)
_RECORDS = st.lists(st.fixed_dictionaries({"dt": st.floats() | st.integers(), "val": _JSON}), max_size=3)
_TRACK = st.fixed_dictionaries(
    {
        "montype": st.sampled_from(["ECG_HR", "NIBP_SBP", "DRUG1_NAME", "X"]),
        "type": st.sampled_from(["num", "str", "wav"]),
        "recs": _RECORDS,
    }
)
_UPLOAD = st.lists(_TRACK, max_size=4).map(
    lambda tracks: zlib.compress(json.dumps({"vrcode": CODE, "rooms": [{"roomname": "B", "trks": tracks}]}).encode())
)
_ALTERED = st.tuples(st.sampled_from(UPLOADS), st.integers(0, 400), st.binary(max_size=6)).map(
    lambda made: made[0][: made[1]] + made[2] + made[0][made[1] + 1 :]
)

SPECIMEN = Specimen(
    inputs=(
        Opened("4"),
        Frame("40"),
        Frame(f'42["join_vr","{CODE}"]'),
        Frame(EVENT),
        Frame(UPLOADS[0]),
        Frame("3"),
        Frame(EVENT.replace('-["', '-7["')),
        Frame(UPLOADS[1]),
    ),
    arbitrary=st.one_of(
        st.builds(Opened, st.sampled_from(["3", "4", "5", ""])),
        st.builds(Frame, st.text(max_size=60) | st.binary(max_size=400)),
        st.builds(Frame, _JSON.map(lambda made: "42" + json.dumps([made, made]))),
        st.builds(Frame, st.one_of(_UPLOAD, _ALTERED)),
        st.builds(Frame, _UPLOAD.map(lambda made: "42" + json.dumps(["send_data", made.decode("latin-1")]))),
    ),
    settings=CodecSettings(zone=ZoneInfo("Europe/Berlin"), options={"codes": f"{CODE}, VR_B"}),
)
