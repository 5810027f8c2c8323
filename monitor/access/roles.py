"""Roles, and who stands behind a request: a person, a device, or what reads the figures. Only a person has a role."""

from enum import StrEnum

import msgspec

from schemas.measurement import Mode


class Role(StrEnum):
    """clinician: runs sessions. auditor: reads and exports, writes nothing. admin: people and devices; gives no dose, answers no alert.
    display: a screen on a wall; looks at the ward and does nothing."""

    CLINICIAN = "clinician"
    AUDITOR = "auditor"
    ADMIN = "admin"
    DISPLAY = "display"

    __hash__ = str.__hash__


class Person(msgspec.Struct, frozen=True):
    """A person, come in by a web session. `session_key` names that session (SHA-256 of its token, in hex) and opens nothing."""

    username: str
    name: str
    role: Role
    session_key: str = ""


class Device(msgspec.Struct, frozen=True):
    """A registered device, come in by its bearer token. `key` is the SHA-256 of that token, in hex."""

    device: str
    mode: Mode
    source: str
    key: str = ""


class Scraper(msgspec.Struct, frozen=True):
    """A program that reads figures, come in by the installation's one token for that. It has no name and no role."""


Principal = Person | Device | Scraper
