"""Contec CMS50D+: the binary stream of its serial port, sixty frames a second."""
