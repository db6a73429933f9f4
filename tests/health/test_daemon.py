"""Findings about devices, access and the daemon itself, from answers alone."""

import copy
from typing import Any

import pytest

from aiosyncthing import _routes
from aiosyncthing.health import Finding, Severity
from aiosyncthing.health.access import access_findings, is_reachable
from aiosyncthing.health.answers import Answers, Question, Unanswered
from aiosyncthing.health.devices import device_findings
from aiosyncthing.health.service import service_findings, shown
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, THIRD, connection, device, folder

NOW = "2026-03-31T12:00:00Z"
PUBLIC = "[::]:8384"
RELAY = "relay://user:pass@relay.example:443/?id=X&token=hush"
QUIET: dict[str, Any] = {
    "config": {
        "folders": [folder("docs", OTHER, label="Documents")],
        "devices": [device(DAEMON_ID), device(OTHER, name="phone"), device(THIRD)],
        "gui": {
            "user": "",
            "password": "",
            "authMode": "static",
            "useTLS": False,
            "insecureSkipHostcheck": False,
            "insecureAllowFrameLoading": False,
        },
        "ldap": {"transport": "plain", "insecureSkipVerify": False},
        "options": {"minHomeDiskFree": {"value": 1, "unit": "%"}},
    },
    "status": {
        "myID": DAEMON_ID,
        "guiAddressUsed": "127.0.0.1:8384",
        "guiAddressOverridden": False,
        "connectionServiceStatus": {"tcp://0.0.0.0:22000": {"error": None}},
    },
    "connections": {"connections": {OTHER: connection(), THIRD: connection(connected=False)}, "total": {"at": NOW}},
    "stats": {OTHER: {"lastSeen": NOW}, THIRD: {"lastSeen": NOW}},
}


def answers(
    config: dict[str, Any] | None = None,
    *,
    gui: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **more: Any,
) -> Answers:
    """Return answers with changes."""
    made = copy.deepcopy(QUIET) | more
    made["config"] |= config or {}
    made["config"]["gui"] |= gui or {}
    made["status"] |= status or {}
    return Answers(**made)


def of_all(about: Answers, days: float = 30) -> list[Finding]:
    """Return all findings, each of which has a sentence and a remedy."""
    found = [*device_findings(about, days), *access_findings(about), *service_findings(about)]
    for finding in found:
        assert finding.text.endswith("."), finding
        assert finding.remedy.endswith("."), finding
    return found


def only(about: Answers, days: float = 30) -> Finding:
    """Return the only finding."""
    (finding,) = of_all(about, days)
    return finding


def test_nothing_to_find() -> None:
    """A daemon that works has no findings, nor does one whose optional answers are missing."""
    assert of_all(answers()) == []
    assert of_all(answers(stats=None)) == []
    assert of_all(answers(stats={})) == []


# --- Devices ---


@pytest.mark.parametrize(
    ("last_seen", "days", "kind"),
    [
        ("2026-03-01T11:00:00Z", 30, "device_unseen"),
        ("2026-03-01T12:00:00Z", 30, "device_unseen"),
        ("2026-03-01T12:00:01Z", 30, None),
        ("2026-03-31T11:00:00Z", 1 / 24, "device_unseen"),
        ("2026-03-01T11:00:00Z", float("inf"), None),
        ("2026-04-01T00:00:00Z", 0, None),  # the clock was set back since
        ("1970-01-01T00:00:00Z", 30, "device_never_seen"),
    ],
)
def test_devices_that_stay_away(last_seen: str, days: float, kind: Any) -> None:
    """A device that has not been seen for that long is reported, and so is one that never was."""
    stats = {**QUIET["stats"], THIRD: {"lastSeen": last_seen}}
    expected = [Finding(kind, Severity.WARNING, device=THIRD)] if kind else []
    assert of_all(answers(stats=stats), days) == expected


def test_how_long_a_device_was_away() -> None:
    """The text gives the time in days, the data gives it exactly. A device without a name is shown by its ID."""
    for last_seen, text in (("2026-02-27T12:00:00Z", "32 days"), ("2026-03-30T11:00:00Z", "1 day")):
        finding = only(answers(stats={THIRD: {"lastSeen": last_seen}}), 1)
        assert finding.text == f"Device {THIRD[:7]} was last seen {text} ago."
    assert finding.seconds == 25 * 3600


def test_connected_and_paused_devices() -> None:
    """A connected device is never reported as away; of a paused one, only the pause is reported."""
    long_ago = {"lastSeen": "2020-01-01T00:00:00Z"}
    assert of_all(answers(stats={OTHER: long_ago})) == []
    about = answers(stats={THIRD: long_ago})
    about.config["devices"][2]["paused"] = True
    assert only(about) == Finding("device_paused", Severity.INFO, device=THIRD)


def test_what_waits_to_be_accepted() -> None:
    """Each device and each offer of a folder is a finding, with names as they were sent."""
    pending: dict[str, Any] = {
        "pending_devices": {"NEW1-ID": {"name": "tab\x1blet", "address": "192.0.2.1:22000"}, "NEWER-ID": {}},
        "pending_folders": {"f": {"offeredBy": {OTHER: {"label": "Pictures"}, "GONE-AWAY": {}}}},
    }
    assert {
        (finding.kind, finding.severity, finding.folder, finding.device, finding.text)
        for finding in of_all(answers(**pending))
    } == {
        ("pending_device", 0, "", "NEW1-ID", "Device tab\x1blet at 192.0.2.1:22000 wants to connect."),
        ("pending_device", 0, "", "NEWER-ID", "Device NEWER-I wants to connect."),
        ("pending_folder", 0, "f", OTHER, "Device phone offers the folder Pictures."),
        ("pending_folder", 0, "f", "GONE-AWAY", "Device GONE-AW offers the folder f."),
    }


# --- Access ---


def test_addresses_that_others_can_reach() -> None:
    """Only sockets and loopback addresses can't be reached from other machines."""
    local = ("127.0.0.1:8384", "127.1.2.3:1", "[::1]:8384", "localhost:1", "A.localhost:1")
    sockets = ("/run/syncthing.sock", "/odd:1", "")
    assert not [address for address in (*local, *sockets) if is_reachable(address)]
    public = (PUBLIC, "0.0.0.0:8384", ":8384", "192.168.1.2:8384", "nas:8384", "[fe80::1%eth0]:8384", "[2001:db8::1]:1")
    assert [address for address in public if not is_reachable(address)] == []


@pytest.mark.parametrize(
    ("gui", "status", "kinds"),
    [
        ({}, {"guiAddressUsed": PUBLIC}, ["gui_without_password", "gui_without_tls"]),
        (
            {"insecureAdminAccess": True, "user": "x", "useTLS": True},
            {"guiAddressUsed": PUBLIC},
            ["gui_without_password"],
        ),
        ({"user": "x", "password": "y"}, {"guiAddressUsed": PUBLIC}, ["gui_without_tls"]),
        ({"user": "x", "password": "y"}, {"guiAddressUsed": PUBLIC, "guiAddressOverridden": True}, []),
        ({"insecureAdminAccess": True}, {}, []),
        ({"insecureSkipHostcheck": True}, {}, ["host_check_disabled"]),
        ({"insecureSkipHostcheck": True, "user": "x", "password": "y"}, {}, []),
        ({"insecureAllowFrameLoading": True}, {}, ["framing_allowed"]),
        ({"metricsWithoutAuth": True}, {}, []),
        (
            {"metricsWithoutAuth": True, "user": "x", "password": "y", "useTLS": True},
            {"guiAddressUsed": PUBLIC},
            ["metrics_public"],
        ),
        ({"authMode": "ldap"}, {}, ["ldap_insecure"]),
        ({"authMode": "ldap", "useTLS": True}, {"guiAddressUsed": PUBLIC}, ["ldap_insecure"]),
    ],
)
def test_who_can_control_the_daemon(gui: dict[str, Any], status: dict[str, Any], kinds: list[str]) -> None:
    """What other machines and web sites can do, by the address that is in use and the settings.

    Without a password, anyone in the network can take over the daemon, which is critical.
    """
    findings = of_all(answers(gui=gui, status=status))
    assert [finding.kind for finding in findings] == kinds
    about_access = [each for each in findings if each.kind.startswith("gui_without")]
    assert [each.severity for each in about_access] == [2 if "password" in each.kind else 1 for each in about_access]
    assert {each.subject for each in about_access} <= {PUBLIC}


@pytest.mark.parametrize(
    ("ldap", "reason"),
    [
        ({"transport": "plain", "insecureSkipVerify": True}, "without encryption"),
        ({"transport": "tls", "insecureSkipVerify": True}, "without verifying its certificate"),
        ({"transport": "tls", "insecureSkipVerify": False}, ""),
    ],
)
def test_ldap(ldap: dict[str, Any], reason: str) -> None:
    """Passwords that go to an LDAP server need encryption and a verified certificate."""
    findings = of_all(answers({"ldap": ldap}, gui={"authMode": "ldap"}))
    assert [finding.text for finding in findings] == [f"Passwords are sent to the LDAP server {reason}."] * bool(reason)


# --- The daemon itself ---


def test_a_listener_that_fails() -> None:
    """An address that can't be listened on is reported, without its secrets."""
    listeners = {
        "tcp://127.0.0.1:22000": {"error": "listen tcp 127.0.0.1:22000: bind: address already in use"},
        "quic://127.0.0.1:22000": {"error": None},
        RELAY: {"error": f"Get {RELAY}: refused"},
    }
    tcp, relay = of_all(answers(status={"connectionServiceStatus": listeners}))
    assert tcp == Finding("listener_failed", Severity.WARNING, subject="tcp://127.0.0.1:22000")
    assert tcp.text == (
        "Syncthing can't listen on tcp://127.0.0.1:22000: listen tcp 127.0.0.1:22000: bind: address already in use."
    )
    assert (
        relay.text == "Syncthing can't listen on relay://relay.example:443/: Get relay://relay.example:443/: refused."
    )
    assert shown("IPv4 local") == "IPv4 local"


@pytest.mark.parametrize("others", [Severity.INFO, Severity.WARNING])
def test_discovery_that_fails(others: Severity) -> None:
    """A discovery method that fails is reported, as a warning if none is left."""
    methods = {
        "global@https://discovery.example/": {"error": "timeout"},
        "IPv4 local": {"error": None if others is Severity.INFO else "no network"},
    }
    findings = of_all(answers(status={"discoveryStatus": methods}))
    assert [each.subject for each in findings] == [*methods][: 1 + others]
    assert {(each.kind, each.severity) for each in findings} == {("discovery_failed", others)}


def test_the_whole_daemon() -> None:
    """A finding about it names no folder and no device."""
    restart = answers(restart={"requiresRestart": True})
    assert only(restart) == Finding("restart_required", Severity.WARNING)
    unchecked = answers({"options": {"minHomeDiskFree": {"value": 0}}})
    assert only(unchecked) == Finding("free_space_unchecked", Severity.INFO)


@pytest.mark.parametrize(
    ("major", "text"), [(False, "v2 is available; v1"), (True, "v2 is available, which is another")]
)
def test_a_newer_version(major: bool, text: str) -> None:
    """A newer version is reported and named."""
    upgrade = {"newer": True, "majorNewer": major, "latest": "v2", "running": "v1"}
    finding = only(answers(upgrade=upgrade))
    assert finding == Finding("upgrade_available", Severity.INFO, subject="v2")
    assert text in finding.text
    assert of_all(answers(upgrade={**upgrade, "newer": False}, restart={"requiresRestart": False})) == []


def test_error_messages() -> None:
    """Equal messages are one finding, with their number and the age of the latest; addresses lose their secrets."""
    lines = [
        {"message": "disk error", "when": "2026-03-31T11:00:00Z"},
        {"message": f"can't use {RELAY}", "when": "2026-03-31T11:30:00Z"},
        {"message": "disk error", "when": "2026-03-31T11:59:00Z"},
    ]
    about = answers(status={"connectionServiceStatus": {RELAY: {"error": None}}}, errors={"errors": lines})
    ill, relay = of_all(about)
    assert ill == Finding("system_error", Severity.WARNING, subject="disk error")
    assert (ill.count, ill.seconds, ill.text) == (2, 60, "An error was reported: disk error.")
    assert relay.subject == "can't use relay://relay.example:443/"
    assert of_all(answers(errors={"errors": None})) == []


@pytest.mark.parametrize(("supported", "severity"), [(True, Severity.WARNING), (False, Severity.INFO)])
def test_what_could_not_be_checked(supported: bool, severity: Severity) -> None:
    """A question without an answer is a finding itself."""
    about = answers(unanswered=[Unanswered(Question(_routes.DB_STATUS, "docs"), "disk error", supported)])
    finding = only(about)
    assert finding == Finding("unchecked", severity, "docs", subject="rest/db/status")
    assert finding.text == "Syncthing did not answer rest/db/status about folder Documents: disk error."
    about.unanswered = [Unanswered(Question(_routes.ERRORS), "disk error", supported)]
    assert only(about).text == "Syncthing did not answer rest/system/error: disk error."
