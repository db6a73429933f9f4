"""``config``: the commands that read and change settings, and the paths and values of settings."""
