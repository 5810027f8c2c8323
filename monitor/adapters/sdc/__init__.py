"""IEEE 11073 SDC: a consumer of metrics and alerts. It never operates a device."""
