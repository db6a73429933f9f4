"""The live mirror and waiting with real daemons that change all the time."""
