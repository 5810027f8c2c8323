"""Who may come in: people, their web sessions and login tickets, devices and their tokens, and the access log.

No FastAPI here: `monitor/api/guard.py` asks, this package answers. It keeps its rows behind `ports.AccessStore`.
All times are wall time (`now_ms: Callable[[], int]`, UTC milliseconds), never a sped-up clock: a login link that lives ten minutes must not
live ten seconds in a demo that runs at 60 times speed.
"""
