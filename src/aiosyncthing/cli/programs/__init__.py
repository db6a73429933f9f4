"""Other programs that a command runs in the foreground."""
