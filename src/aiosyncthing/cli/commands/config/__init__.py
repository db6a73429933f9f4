"""``config``: settings, their paths and values, and the commands that read and change them."""
