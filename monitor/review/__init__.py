"""Looking back: figures of sessions, alerts over many of them, a patient's course. Pure functions, and the services around them."""
