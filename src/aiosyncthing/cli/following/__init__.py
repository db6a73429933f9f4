"""Following events: cursor files, and descriptions of events."""
