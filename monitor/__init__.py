"""The monitor: takes measurements in, judges them, records everything, streams it out. See docs/explanation/architecture.md."""
