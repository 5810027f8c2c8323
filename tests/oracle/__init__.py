"""A second judge, slow and obvious. README.md says what it covers."""
