"""What the library promises, held against real daemons."""
