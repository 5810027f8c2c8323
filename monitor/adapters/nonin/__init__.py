"""Nonin's OEM modules: serial data formats 2 and 7, binary, three packets a second."""
