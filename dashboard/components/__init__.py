"""Buildless Dash components: a Python class here, its JavaScript half in assets/."""
