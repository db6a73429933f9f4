"""What answers each route: one file for each part of the REST paths."""
