"""``top``: the current state of folders, devices and transfers in a full-screen view."""
