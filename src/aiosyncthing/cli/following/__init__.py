"""Following events: positions that last, and events in the words of people."""
