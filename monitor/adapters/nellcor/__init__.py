"""Nellcor N-560 and N-595 pulse oximeters: the data port's real-time lines, one every two seconds."""
