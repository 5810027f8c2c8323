"""The simulated patients against the published ones: peak rises, when they come and when they are over."""
