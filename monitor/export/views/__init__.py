"""Views of a session's log for people: tables of alerts, doses, observations and watching, the limits in force, what is missing. Pure, but
for `survey`, which reads the log once for all of them."""
