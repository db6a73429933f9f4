"""`Finding`: a problem that a check has found. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, Literal, TypeAlias, get_args

from aiosyncthing.waiting.progress import FailedItem

Kind: TypeAlias = Literal[
    "folder_error",
    "failed_items",
    "no_source",
    "watch_error",
    "folder_paused",
    "local_changes",
    "remote_changes",
    "conflict_copies",
    "device_unseen",
    "device_never_seen",
    "device_paused",
    "pending_device",
    "pending_folder",
    "gui_without_password",
    "gui_without_tls",
    "host_check_disabled",
    "framing_allowed",
    "metrics_public",
    "ldap_insecure",
    "deletions_ignored",
    "conflicts_discarded",
    "fsync_disabled",
    "free_space_unchecked",
    "listener_failed",
    "discovery_failed",
    "restart_required",
    "upgrade_available",
    "system_error",
    "unchecked",
]
"""The kind of a finding. The names are stable; later versions may add more."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""All kinds, at run time."""

_ORDER: Final = {kind: place for place, kind in enumerate(KINDS)}


class Severity(IntEnum):
    """How bad it is. The values are the exit codes of monitoring plugins: OK, WARNING and CRITICAL."""

    INFO = 0
    """It works as configured, but may not be what you want."""
    WARNING = 1
    """Part of it doesn't work, or data or access is at risk."""
    CRITICAL = 2
    """A folder has stopped, or anyone in the network can take over the daemon."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that needs a person's attention.

    Two findings are equal if they are about the same thing and equally severe, whatever their wording and figures, so
    that two checks can be compared: ``set(now) - set(before)`` is what is new. Names and messages are as the daemon
    sent them and may contain control characters: escape them before you write them to a terminal.

    Attributes:
        kind: The kind of problem.
        severity: How bad it is.
        folder: ID of the folder; empty if no folder is concerned.
        device: ID of the other device; empty if no device is concerned.
        subject: What else is concerned: the address of a listener, a discovery method, a version, an error message, or
            what could not be checked; otherwise empty.
        text: What is wrong, as one sentence with the folder's label and the device's name.
        remedy: What to do about it, as one sentence.
        count: How many there are: failed, needed or changed items, conflict copies, or equal error messages; otherwise
            ``None``.
        seconds: How long ago a device was last seen or a message was last written; otherwise ``None``.
        items: Items that failed or that no connected device has, with the daemon's messages; at most 10.
    """

    kind: Kind
    severity: Severity
    folder: str = ""
    device: str = ""
    subject: str = ""
    text: str = field(default="", compare=False)
    remedy: str = field(default="", compare=False)
    count: int | None = field(default=None, compare=False)
    seconds: float | None = field(default=None, compare=False)
    items: tuple[FailedItem, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON, with the severity as a lower-case word."""
        return {
            "kind": self.kind,
            "severity": self.severity.name.lower(),
            "folder": self.folder,
            "device": self.device,
            "subject": self.subject,
            "text": self.text,
            "remedy": self.remedy,
            "count": self.count,
            "seconds": self.seconds,
            "items": [item._asdict() for item in self.items],
        }


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in an order that only depends on them, the most severe first."""
    return sorted(
        findings, key=lambda each: (-each.severity, _ORDER[each.kind], each.folder, each.device, each.subject)
    )


def sentence(text: str) -> str:
    """Return a text that ends in a daemon's message as a sentence, with exactly one full stop."""
    return f"{text.rstrip().rstrip('.')}."
