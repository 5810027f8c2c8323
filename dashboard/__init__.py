"""The clinician's screen: Dash shell and small ES modules that read the monitor's stream. Imports `schemas` and never `monitor`."""
