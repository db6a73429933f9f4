"""The commands: each is imported when it is called, so here stands where it is, and what help says of it."""

from typing import Final

COMMANDS: Final = {
    "See": {
        "status": ("status:status", "Overview of folders and devices, and what needs attention."),
        "folders": ("lists:folders", "List folders: state, size, what is missing, and where."),
        "devices": ("lists:devices", "List devices: connected or not, since when, and from where."),
        "show": ("show:show", "Show everything about one folder or one device."),
    },
    "Files": {
        "need": ("contents:need", "List what a folder is missing, here or on a device."),
        "errors": ("contents:errors", "List what is wrong with folders: items that failed, and more."),
        "conflicts": ("contents:conflicts", "List conflict copies: files that were changed on two devices."),
        "changes": ("changes:changes", "List how a folder differs from what it may be, or undo that."),
        "ls": ("contents:ls", "List the files of a folder, whether they are here yet or not."),
        "scan": ("changes:scan", "Look for changes in folders, or in parts of them."),
        "versions": ("versions:versions", "List old versions of files, the newest of each file first."),
        "restore": ("versions:restore", "Restore files as they were at a time, or one old version."),
        "ignores": ("ignores:ignores", "Show or change ignore patterns, or say what they mean."),
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
        "pending": ("offers:pending", "List what waits to be accepted."),
        "accept": ("offers:accept", "Accept a pending device, or a folder that devices offer."),
        "dismiss": ("offers:dismiss", "Forget something pending, until it comes again."),
        "ignore": ("offers:ignore", "Ignore something pending for good."),
        "add-device": ("setup:add_device", "Add a device."),
        "add-folder": ("setup:add_folder", "Add a folder."),
        "remove": ("setup:remove", "Remove a folder or a device from the configuration."),
        "share": ("setup:share", "Share a folder with devices."),
        "unshare": ("setup:unshare", "Stop sharing a folder with devices."),
        "config": ("config.command:config", "Read, change, compare and export settings."),
    },
    "The daemon": {
        "restart": ("lifecycle:restart", "Restart the daemon."),
        "shutdown": ("lifecycle:shutdown", "Shut the daemon down."),
        "upgrade": ("lifecycle:upgrade", "Upgrade the daemon to the newest release, and restart it."),
        "reset": ("lifecycle:reset", "Erase databases of folders, and restart the daemon."),
    },
    "Private daemons": {
        "run": ("private:run", "Run a command with a private daemon, which ends with it."),
        "daemon": ("private:daemon", "Run a private daemon until Ctrl-C."),
    },
    "Monitor": {
        "check": ("check:check", "Check what needs attention, as a plugin of Nagios does."),
        "log": ("log:log", "Show the daemon's log."),
        "metrics": ("metrics:metrics", "Print the daemon's own metrics, in Prometheus's text format."),
    },
    "Identities": {
        "id": ("identity:device_id", "Print a device ID: the daemon's own, or that of a certificate."),
        "fingerprint": ("identity:fingerprint", "Print the fingerprint of a daemon's certificate, for --tls."),
        "qr": ("identity:qr", "Show a device ID as a QR code, for Syncthing on a phone."),
    },
    "This program": {
        "completion": ("completion:completion", "Print the completion script for bash, zsh or fish."),
        "profile": ("profile:profile", "Give daemons a name: addresses, keys and certificates."),
        "raw": ("raw:raw", "Send any request, and print the answer as it came."),
        "version": ("version:version", "Show the version of this program and of the daemon."),
    },
}
"""For each heading of the help, its commands: module and function, and the first line of its docstring."""
