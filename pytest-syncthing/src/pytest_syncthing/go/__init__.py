"""How Go writes words and JSON."""
