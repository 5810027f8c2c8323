"""Masimo pulse oximeters: the ASCII output, one line a second."""
