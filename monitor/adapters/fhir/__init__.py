"""FHIR R4 Observations from gateways and monitors that speak it, over HTTP."""
