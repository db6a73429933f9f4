"""The commands: each is imported when it is called, so here stands where it is, and what help says of it."""

from typing import Final

COMMANDS: Final = {
    "See": {
        "status": ("status:status", "Overview of folders and devices, and what needs attention."),
        "folders": ("lists:folders", "List folders: state, size, what is missing, and where."),
        "devices": ("lists:devices", "List devices: connected or not, since when, and from where."),
    },
}
"""For each heading of the help, its commands: module and function, and the first line of its docstring."""
