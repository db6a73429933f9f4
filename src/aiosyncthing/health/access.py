"""Findings about who can reach and control the daemon. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from .finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosyncthing import types as t

    from .answers import Answers


def access_findings(answers: Answers) -> Iterator[Finding]:
    """Return the findings about the web interface and the API.

    See https://docs.syncthing.net/users/config.html (the sections about ``gui`` and ``ldap``). ``insecureAdminAccess``
    only silences the daemon's own warning, so it is ignored here.
    """
    gui, address = answers.config["gui"], answers.status["guiAddressUsed"]
    reachable, login = is_reachable(address), _has_login(gui)
    if reachable and not login:
        yield Finding(
            "gui_without_password",
            Severity.CRITICAL,
            subject=address,
            text=f"Other machines can reach the web interface at {address}, and it asks for no password.",
            remedy="Set a user name and a password, or let it listen on 127.0.0.1 only.",
        )
    # An address that overrides the configured one may itself specify https, which the daemon doesn't report.
    if reachable and not gui["useTLS"] and not answers.status["guiAddressOverridden"]:
        yield Finding(
            "gui_without_tls",
            Severity.WARNING,
            subject=address,
            text=f"Other machines can reach the web interface at {address} without encryption, which exposes passwords "
            "and the API key to the network.",
            remedy="Switch on HTTPS for the web interface, or let it listen on 127.0.0.1 only.",
        )
    if not reachable and not login and gui["insecureSkipHostcheck"]:
        yield Finding(
            "host_check_disabled",
            Severity.WARNING,
            text="Any web site can reach the web interface through a browser on this machine, since the host check is "
            "off and no password is required.",
            remedy="Set a user name and a password, or switch off insecureSkipHostcheck.",
        )
    if gui["insecureAllowFrameLoading"]:
        yield Finding(
            "framing_allowed",
            Severity.INFO,
            text="Other web sites may show the web interface in a frame and trick users into clicking there.",
            remedy="Switch off insecureAllowFrameLoading, unless you embed the web interface in a page yourself.",
        )
    if reachable and gui.get("metricsWithoutAuth"):
        yield Finding(
            "metrics_public",
            Severity.INFO,
            text="Other machines can read the metrics, which name folders and devices, without a password.",
            remedy="Switch off metricsWithoutAuth, and configure the collector to send the API key.",
        )
    if gui["authMode"] == "ldap":
        yield from _ldap(answers.config["ldap"])


def is_reachable(address: str) -> bool:
    """Return whether other machines can reach an address that the daemon listens on.

    They can't reach addresses that the daemon itself considers local (``localhost``, names below it, and loopback
    addresses), nor Unix sockets.

    Args:
        address: ``guiAddressUsed`` of ``rest/system/status``: host and port, or the path of a socket.
    """
    if address.startswith("/") or ":" not in address:
        return False
    host = address.rpartition(":")[0].strip("[]").partition("%")[0].lower()
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _has_login(gui: t.GUIConfiguration) -> bool:
    """Return whether the web interface asks for a password (lib/config/guiconfiguration.go)."""
    return gui["authMode"] == "ldap" or bool(gui["user"] and gui["password"])


def _ldap(ldap: t.LDAPConfiguration) -> Iterator[Finding]:
    plain = ldap["transport"] == "plain"
    if plain or ldap["insecureSkipVerify"]:
        reason = "without encryption" if plain else "without verifying its certificate"
        yield Finding(
            "ldap_insecure",
            Severity.WARNING,
            text=f"Passwords are sent to the LDAP server {reason}.",
            remedy="Use tls or starttls as the transport, and switch off insecureSkipVerify.",
        )
