"""Findings about the daemon as a whole. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from aiosyncthing.waiting.grace import seconds_between

from .finding import Finding, Severity, sentence
from .folders import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aiosyncthing import types as t

    from .answers import Answers, Unanswered

_USER: Final = re.compile("(?<=//)[^/@]*@")


def service_findings(answers: Answers) -> Iterator[Finding]:
    """Return the findings about the daemon itself."""
    yield from _listeners(answers.status)
    yield from _discovery(answers.status)
    if answers.restart is not None and answers.restart["requiresRestart"]:
        yield Finding(
            "restart_required",
            Severity.WARNING,
            text="A changed setting takes effect only after a restart.",
            remedy="Restart Syncthing.",
        )
    if answers.config["options"]["minHomeDiskFree"]["value"] <= 0:
        yield Finding(
            "free_space_unchecked",
            Severity.INFO,
            text="Syncthing may fill the disk with its database, because no minimum of free space is set.",
            remedy="Set minHomeDiskFree in the advanced settings to 1 %, the default.",
        )
    if answers.upgrade is not None and answers.upgrade["newer"]:
        latest, running = answers.upgrade["latest"], answers.upgrade["running"]
        major = ", which is another major version" if answers.upgrade["majorNewer"] else ""
        yield Finding(
            "upgrade_available",
            Severity.INFO,
            subject=latest,
            text=f"Syncthing {latest} is available{major}; {running} is running.",
            remedy="Read the release notes, then upgrade.",
        )
    yield from _errors(answers)
    labels = {folder["id"]: label_of(folder) for folder in answers.config["folders"]}
    yield from (_unchecked(each, labels) for each in answers.unanswered)


def shown(address: str) -> str:
    """Return an address without its secrets: user, password, and parameters such as a relay's token."""
    return _USER.sub("", re.split("[?#]", address)[0])


def _without_secrets(message: str, addresses: Iterable[str]) -> str:
    for address in addresses:
        message = message.replace(address, shown(address))
    return message


def _listeners(status: t.SystemStatus) -> Iterator[Finding]:
    for address, listener in status["connectionServiceStatus"].items():
        if error := listener["error"]:
            yield Finding(
                "listener_failed",
                Severity.WARNING,
                subject=shown(address),
                text=sentence(f"Syncthing can't listen on {shown(address)}: {_without_secrets(error, [address])}"),
                remedy="Check that no other program uses the port and that the relay can be reached, or change the "
                "listen addresses.",
            )


def _discovery(status: t.SystemStatus) -> Iterator[Finding]:
    methods = status.get("discoveryStatus", {})
    every = all(method["error"] for method in methods.values())
    for name, method in methods.items():
        if error := method["error"]:
            yield Finding(
                "discovery_failed",
                Severity.WARNING if every else Severity.INFO,
                subject=shown(name),
                text=sentence(f"Discovery by {shown(name)} fails: {_without_secrets(error, [name])}"),
                remedy="Check the network connection, or disable this discovery method.",
            )


def _errors(answers: Answers) -> Iterator[Finding]:
    lines = (answers.errors["errors"] if answers.errors is not None else None) or []
    addresses = answers.status["connectionServiceStatus"]
    messages = [(_without_secrets(line["message"], addresses), line["when"]) for line in lines]
    now, latest = answers.connections["total"]["at"], dict(messages)
    for message, count in Counter(message for message, _ in messages).items():
        yield Finding(
            "system_error",
            Severity.WARNING,
            subject=message,
            text=sentence(f"An error was reported: {message}"),
            remedy="Fix the cause, then clear the message.",
            count=count,
            seconds=seconds_between(latest[message], now),
        )


def _unchecked(unanswered: Unanswered, labels: Mapping[str, str]) -> Finding:
    question = unanswered.question
    about = f" about folder {labels.get(question.folder, question.folder)}" if question.folder else ""
    return Finding(
        "unchecked",
        Severity.WARNING if unanswered.supported else Severity.INFO,
        question.folder,
        question.device,
        question.route.path,
        text=sentence(f"Syncthing did not answer {question.route.path}{about}: {unanswered.reason}"),
        remedy="Check again later, and look at Syncthing's log."
        if unanswered.supported
        else "Nothing: this daemon doesn't support that check.",
    )
