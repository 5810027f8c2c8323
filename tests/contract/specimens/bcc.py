"""Answers of the virtual station: that it is there, three pumps, one that stops with an alarm, one that is taken out."""

from simulators.devices.bcc import BccStation, part, pump, pumping
from tests.contract.adapter_laws import Specimen

_BEFORE = BccStation({"11": pump(), "13": pumping("0.30", "1.4", INSOL="Ketamin 2mg/ml", INSERNUM="40864"), "14": pumping("5", "19.0")})
_AFTER = BccStation({"11": pump(INVI="_NV"), "13": pump(INVI="1.6", INA3="1", INSERNUM="40864")})

SPECIMEN = Specimen(inputs=(part("ComSystem", ["213,50100,GNACK"]), *_BEFORE.parts(), *_AFTER.parts()))
