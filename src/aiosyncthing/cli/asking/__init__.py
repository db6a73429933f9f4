"""Asking daemons: what all commands have in common, what was answered, and what was changed."""
