"""A virtual B. Braun SpaceStation: answers BCC requests with the state of its pumps, part by part. `answer` is for `wires.TcpWire`."""

import re
from collections.abc import Mapping
from typing import Final

_RECORD_SEPARATOR: Final = "\x1e"
_ACK: Final = b"\x06"
_NONE: Final = "_NV"
_REQUEST: Final = re.compile(rb"\x01\d{5}\x02[^>]*>([A-Z:]+)\x03\d{5}\x04|\x06")
_RACK: Final = {"FMNOR": "1", "FMSTAT": "00051", "FMDONGLE": "T", "FMBANY": _NONE, "FMRT": "FMS1NSNS", "FMRSTAT": "00051"}
_IDLE: Final = (
    f"GNNEW=688F030006 INRT=0 INSOL={_NONE} INSOLSN={_NONE} INSOLID={_NONE} INVOLACT=0 INRMT=0 INDOCAL=0 INDCON=0 INDCONU=32 INDORT=0 "
    "INDORTU=50 INVI=0 INTIME=0 INBORT=800.00 INNR=60008D98 INP1=4 INP2=0 INSYR=0 INSTBY=0 INSERNUM=36248 INDTNR=6144 DSSTATUS=00051 "
    "INBOVAL=0.0 INBOCNT=0"
)
_PUMP: Final = {
    **dict(field.split("=", 1) for field in _IDLE.split()),
    **{f"INM{number}": _NONE if number in {4, 9} else "1" if number in {1, 8} else "0" for number in range(1, 13)},
    **{f"INA{number}": _NONE if number in {6, 10, 13} else "0" for number in range(1, 16)},
}
"""A pump that is switched on and does nothing, in the order of the wire."""


def pump(**changes: str) -> dict[str, str]:
    """Its parameters; those that are not named stand as in a pump that does nothing."""
    return {**_PUMP, **changes}


def pumping(rate: str, infused: str, **changes: str) -> dict[str, str]:
    return pump(**{"INRT": rate, "INVI": infused, "INM1": "0", "INM3": "1", "INM5": "1", "INRMT": "65535", **changes})


def part(bed: str, records: list[str], *, is_last: bool = True) -> bytes:
    text = f"\x02{bed}/1/1>{_RECORD_SEPARATOR.join(records)}".encode() + (b"\x03" if is_last else b"\x17")
    begun = b"\x01%05d" % (len(text) + 12) + text
    return begun + b"%05d\x04" % (sum(begun) % 256)


def records(seconds: int, address: str, fields: Mapping[str, str]) -> list[str]:
    return [f"{seconds},{address},{name},{value}" for name, value in fields.items()]


def stuffed(frame: bytes) -> bytes:
    """As stations with stuffed letters send it."""
    return b"".join({ord("d"): b"ex", ord("D"): b"EX", ord("e"): b"ee", ord("E"): b"EE"}.get(byte, bytes([byte])) for byte in frame)


class BccStation:
    """`pumps`: place, as `11` for the first pillar's first slot, -> parameters; to be changed from outside between two requests."""

    def __init__(self, pumps: dict[str, dict[str, str]], bed: str = "ComSystem") -> None:
        self.pumps = pumps
        self._bed = bed
        self._seconds = 214
        self._parts: list[bytes] = []

    def parts(self) -> list[bytes]:
        """The whole answer: the rack with its first pump, then a part for each other."""
        self._seconds += 1
        states = [records(self._seconds, f"501{place}", fields) for place, fields in self.pumps.items()] or [[]]
        states[0] = [*records(self._seconds, "50100", _RACK), *states[0]]
        return [part(self._bed, state, is_last=place == len(states)) for place, state in enumerate(states, start=1)]

    def answer(self, data: bytes) -> bytes:
        answer = b""
        for request in _REQUEST.finditer(data):
            if request[0] != _ACK:
                alive = [part(self._bed, [f"{self._seconds},50100,GNACK"])]
                self._parts = {b"ADMIN:ALIVE": alive, b"MEM:GET": self.parts()}.get(request[1], [])
            if self._parts:
                answer += self._parts.pop(0)
        return answer
