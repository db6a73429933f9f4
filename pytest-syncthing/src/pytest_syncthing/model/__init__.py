"""The daemon as state."""
