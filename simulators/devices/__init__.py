"""Virtual devices: they speak a real device's protocol from the device's end, on a pty or a socket. They know nothing of the adapters."""
