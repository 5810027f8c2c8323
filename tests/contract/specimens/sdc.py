"""Reports of a virtual device: what held at first, metrics with and without a value, an alert that comes and goes."""

from hypothesis import strategies as st

from monitor.adapters.said import Sender
from monitor.adapters.sdc.codec import Code, Condition, Metric, Report
from tests.contract.adapter_laws import AT_MS, Specimen

_AT = AT_MS / 1000
_SENDER = Sender("S-1", "Virtual monitor", "Chair 1")
_HR, _SPO2, _SYS = (Code(number) for number in ("147842", "150456", "150021"))
_BPM, _PERCENT, _MMHG = (Code(number) for number in ("264864", "262688", "266016"))
_LOW = Condition("ac.spo2", Code("196670"), True, "Phy", "Hi", "SpO2 low", "90-100", _SPO2, at=_AT)

_WORDS = ["", "147842", "264864", "Vld", "Qst", "Inv", "NA", "Cont", "Intr", "Set", "Real", "Demo", "97", "5.1"]
_WORD = st.sampled_from(_WORDS) | st.text(max_size=8)
_CODE = st.builds(Code, _WORD, _WORD)
_AT_ALL = st.none() | st.floats()
_METRIC = st.builds(Metric, _WORD, _CODE, _CODE, _WORD, _WORD, _WORD, _WORD, _WORD, _AT_ALL)
_ABOUT = st.none() | _CODE
_CONDITION = st.builds(Condition, _WORD, _CODE, st.booleans(), _WORD, _WORD, _WORD, _WORD, _ABOUT, st.booleans(), _AT_ALL)

SPECIMEN = Specimen(
    inputs=(
        Report(_SENDER, (Metric("hr", _HR, _BPM, value="70", at=_AT - 60),), is_first=True),
        Report(_SENDER, (Metric("hr", _HR, _BPM, value="72", at=_AT), Metric("spo2", _SPO2, _PERCENT, value="97", at=_AT))),
        Report(_SENDER, (Metric("nibp", _SYS, _MMHG, availability="Intr", value="118", at=_AT - 300), Metric("x", Code("67108865"), _BPM))),
        Report(_SENDER, (Metric("spo2", _SPO2, _PERCENT, validity="NA", at=_AT + 1),), (_LOW,)),
        Report(_SENDER, (), (Condition("ac.spo2", Code("196670"), False, "Phy", "Hi"),)),
    ),
    arbitrary=st.builds(
        Report,
        st.just(_SENDER),
        st.lists(_METRIC, max_size=4).map(tuple),
        st.lists(_CONDITION, max_size=2).map(tuple),
        st.booleans(),
        st.booleans(),
    ),
)
