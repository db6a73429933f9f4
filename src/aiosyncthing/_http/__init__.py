"""One HTTP request: its URL and headers, the connection, the answer, and what goes wrong. Nothing here is public."""
