"""One file for each adapter of the registry, named as it is: the valid input that the contract suite cuts, damages and repeats."""

from functools import partial
from importlib import import_module

from monitor.adapters.registry import spec_of
from tests.contract.adapter_laws import Make, Specimen


def specimen_of(name: str) -> Specimen:
    specimen: Specimen = import_module(f"tests.contract.specimens.{name.replace('-', '_')}").SPECIMEN
    return specimen


def make_of(name: str) -> Make:
    return partial(spec_of(name).make_codec, specimen_of(name).settings)
