"""From the monitor to the screens: who gets which frame, encoded once, bounded for each."""
