"""Beside the patient: adapters in, the device wire out, a durable spool between. A client of the monitor, like every device."""
