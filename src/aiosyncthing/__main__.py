"""``python -m aiosyncthing``: the same as the command ``aiosyncthing``."""

from aiosyncthing.cli import main

if __name__ == "__main__":
    main()
