"""The second channel: calls somebody who is not at a screen. What it says names a room and an alert, never a patient."""
