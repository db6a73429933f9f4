"""The contents of folders: rows about files, places in folders, and which pattern ignores a path."""
