"""Vital Recorder: the server's side of its Socket.IO stream, behind which it reads monitors, pumps and ventilators of many makers."""
