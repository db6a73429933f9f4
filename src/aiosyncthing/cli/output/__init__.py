"""Writing to people and programs: tables, JSON, and what the terminal can show."""
