"""Running commands on daemons, collecting their answers, and recording changes."""
