"""What folders contain: rows about files, places in folders, and what ignore patterns say about them."""
