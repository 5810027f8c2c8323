"""Adapters by name: those of this project, and those that installed packages declare under the entry point group of `base`.

An adapter is imported when it is asked for, so one that needs a package which is not installed, or one that is broken, costs the others
nothing. A name of this project cannot be taken over.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from monitor.adapters.base import ENTRY_POINTS, Adapter, AdapterError, AdapterSpec, Codec, CodecSettings, Setup

BUILT_IN: Final[Mapping[str, str]] = {
    "bcc": "monitor.adapters.bcc.adapter",
    "ble": "monitor.adapters.ble.adapter",
    "cms50": "monitor.adapters.cms50.adapter",
    "fhir": "monitor.adapters.fhir.adapter",
    "hl7": "monitor.adapters.hl7.adapter",
    "masimo": "monitor.adapters.masimo.adapter",
    "mqtt": "monitor.adapters.mqtt.adapter",
    "nellcor": "monitor.adapters.nellcor.adapter",
    "nonin": "monitor.adapters.nonin.adapter",
    "sdc": "monitor.adapters.sdc.adapter",
    "vital-recorder": "monitor.adapters.vital_recorder.adapter",
}
"""Name -> module with the AdapterSpec `ADAPTER`. Alphabetical, a line each."""


def names() -> tuple[str, ...]:
    """All there are, sorted."""
    return tuple(sorted({*BUILT_IN, *_foreign()}))


def spec_of(name: str) -> AdapterSpec:
    """Raises AdapterError: no such adapter, or it cannot be loaded."""
    if name in BUILT_IN:
        try:
            spec: object = import_module(BUILT_IN[name]).ADAPTER
        except ModuleNotFoundError as error:
            raise AdapterError(f"adapter {name!r} needs the package {error.name!r}, which is not installed") from error
        return _checked(name, spec)
    if (entry := _foreign().get(name)) is None:
        raise AdapterError(f"there is no adapter {name!r}; there are: {', '.join(names())}")
    try:
        return _checked(name, entry.load())
    except AdapterError:
        raise
    except Exception as error:
        raise AdapterError(f"adapter {name!r} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}") from error


def codec_of(name: str, settings: CodecSettings) -> Codec[Any]:
    """A codec without a shell, to decode what somebody recorded. Raises AdapterError."""
    return _knowing_all(name, settings).make_codec(settings)


def adapter_of(name: str, setup: Setup) -> Adapter:
    """An adapter that is ready to run. Raises AdapterError."""
    return _knowing_all(name, setup.codec).make_adapter(setup)


def _knowing_all(name: str, settings: CodecSettings) -> AdapterSpec:
    """A misspelt option must not be passed over."""
    spec = spec_of(name)
    if strange := set(settings.options) - set(spec.options):
        known = ", ".join(spec.options) or "none"
        raise AdapterError(f"adapter {name!r} has no option {', '.join(sorted(strange))}; it knows: {known}")
    return spec


def _foreign() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS) if entry.name not in BUILT_IN}


def _checked(name: str, spec: object) -> AdapterSpec:
    if not isinstance(spec, AdapterSpec) or spec.name != name:
        raise AdapterError(f"adapter {name!r}: its entry point must name an AdapterSpec of that name, not {spec!r:.100}")
    return spec
