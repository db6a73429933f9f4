"""``top``: folders, devices and transfers as they are now, in a view that fills the terminal."""
