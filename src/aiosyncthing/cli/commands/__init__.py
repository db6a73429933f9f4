"""The commands: their modules, which are imported when a command is called, and their first lines of help."""

from typing import Final

COMMANDS: Final = {
    "Overview": {
        "status": ("status:status", "Show an overview of folders, devices and problems."),
        "folders": ("lists:folders", "List folders: state, size, and what is missing where."),
        "devices": ("lists:devices", "List devices: connected or not, last seen, and address."),
        "show": ("show:show", "Show everything about one folder or one device."),
    },
    "Files": {
        "need": ("contents:need", "List what a folder still needs, here or on another device."),
        "errors": ("contents:errors", "List folder errors: failed items, missing disks, and more."),
        "conflicts": ("contents:conflicts", "List conflict copies: files changed on two devices at once."),
        "changes": ("changes:changes", "List changes that a folder's type doesn't allow, or undo them."),
        "ls": ("contents:ls", "List the files of a folder, including those not here yet."),
        "scan": ("changes:scan", "Scan folders, or parts of them, for changes."),
        "versions": ("versions:versions", "List old versions of files, the newest of each file first."),
        "restore": ("versions:restore", "Restore files as they were at a given time, or one version."),
        "ignores": ("ignores:ignores", "Show, change or test ignore patterns."),
    },
    "Wait and watch": {
        "wait": ("wait:wait", "Wait until folders are in sync, here and elsewhere."),
        "top": ("top:top", "Watch folders, devices and transfers, and pause and scan them."),
        "events": ("events:events", "Follow events; with --json, as the daemon sends them."),
    },
    "Pause": {
        "pause": ("pausing:pause", "Pause folders and devices."),
        "resume": ("pausing:resume", "Resume folders and devices."),
        "paused": ("pausing:paused", "Run a command while folders or devices are paused."),
    },
    "Set up": {
        "pending": ("offers:pending", "List pending devices and folders."),
        "accept": ("offers:accept", "Accept a pending device or folder."),
        "dismiss": ("offers:dismiss", "Dismiss a pending device or folder until it is offered again."),
        "ignore": ("offers:ignore", "Ignore a pending device or folder permanently."),
        "add-device": ("setup:add_device", "Add a device."),
        "add-folder": ("setup:add_folder", "Add a folder."),
        "remove": ("setup:remove", "Remove a folder or a device from the configuration."),
        "share": ("setup:share", "Share a folder with devices."),
        "unshare": ("setup:unshare", "Stop sharing a folder with devices."),
        "config": ("config.command:config", "Read, change, compare and export settings."),
    },
    "The daemon": {
        "restart": ("lifecycle:restart", "Restart the daemon."),
        "shutdown": ("lifecycle:shutdown", "Shut down the daemon."),
        "upgrade": ("lifecycle:upgrade", "Upgrade the daemon to the newest release, and restart it."),
        "reset": ("lifecycle:reset", "Erase the database of a folder, and restart the daemon."),
    },
    "Private daemons": {
        "run": ("private:run", "Run a command with its own private daemon."),
        "daemon": ("private:daemon", "Run a private daemon until Ctrl-C."),
    },
    "Monitor": {
        "check": ("check:check", "Check for problems, as a Nagios plugin."),
        "log": ("log:log", "Show the daemon's log."),
        "metrics": ("metrics:metrics", "Print the daemon's metrics in Prometheus's text format."),
    },
    "Identities": {
        "id": ("identity:device_id", "Print a device ID: the daemon's own, or that of a certificate."),
        "fingerprint": ("identity:fingerprint", "Print the fingerprint of a daemon's certificate, for --tls."),
        "qr": ("identity:qr", "Show a device ID as a QR code, for Syncthing on a phone."),
    },
    "Command line": {
        "completion": ("completion:completion", "Print the completion script for bash, zsh or fish."),
        "profile": ("profile:profile", "Manage profiles: named daemons with an address and a key."),
        "raw": ("raw:raw", "Send any request, and print the raw answer."),
        "version": ("version:version", "Show the version of this program and of the daemon."),
    },
}
"""For each heading of the help, its commands: module and function, and the first line of its docstring."""
