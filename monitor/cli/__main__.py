"""`python -m monitor.cli`: the same as `infusion-monitor`."""

from monitor.cli import main

main()
