"""HL7 v2 over MLLP: observations (IHE PCD-01) and alarms (PCD-04) of bedside monitors, pumps and gateways, in their makers' dialects."""
