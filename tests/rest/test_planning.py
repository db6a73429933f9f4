"""The requests of an edit, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aiosyncthing.config.edits.planning import Step, plan, want
from aiosyncthing.config.redacting import REDACTED
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError, UnknownDeviceError
from tests.support.calls import DEVICE
from tests.support.configs import OTHER

OWN = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"


def share(device_id: str, password: str = "") -> dict[str, Any]:
    """Return an element of a folder's list of devices."""
    return {"deviceID": device_id, "introducedBy": "", "encryptionPassword": password}


def folder(folder_id: str, *shares: Any, **more: Any) -> dict[str, Any]:
    """Return a folder as a daemon has it."""
    versioning = {"type": "simple", "params": {"keep": "5", "x": "1"}, "cleanupIntervalS": 3600}
    settings = {"path": f"/{folder_id}", "label": "", "type": "sendreceive", "order": "random"}
    return {"id": folder_id, **settings, "devices": [share(OWN), *shares], "versioning": versioning, **more}


def device(device_id: str, **more: Any) -> dict[str, Any]:
    """Return a device as a daemon has it."""
    settings = {"compression": "metadata", "untrusted": False, "addresses": ["old"], "ignoredFolders": []}
    return {"deviceID": device_id, "name": "", **settings, **more}


def configuration() -> dict[str, Any]:
    """Return a configuration as a daemon has it."""
    return {
        "version": 37,
        "folders": [folder("a", share(DEVICE, "secret")), folder("b/c")],
        "devices": [device(OWN), device(DEVICE)],
        "gui": {"apiKey": "k", "password": "$2a$10$x", "theme": "default", "authMode": "static"},
        "ldap": {"transport": "plain"},
        "options": {"maxSendKbps": 0, "minHomeDiskFree": {"value": 1, "unit": "%"}},
        "remoteIgnoredDevices": [],
        "defaults": {"folder": folder(""), "device": device(""), "ignores": {"lines": ["a [b]"]}},
    }


def planned(edit: Callable[[Any], object], version: str = "v1.29.5") -> tuple[list[Step], tuple[str, ...]]:
    """Edit a configuration; return what is sent, and what is ignored."""
    before, made = configuration(), configuration()
    edit(made)
    wanted = want(before, made, own=OWN, version=version)
    return plan(before, wanted.changes), wanted.ignored


def sent(edit: Callable[[Any], object], version: str = "v1.29.5") -> list[tuple[Any, ...]]:
    """Edit a configuration; return target, method and bodies of what is sent."""
    steps, ignored = planned(edit, version)
    assert ignored == ()
    return [(step.target, *_texts(step)) for step in steps]


def _texts(step: Step) -> Iterator[Any]:
    """Yield the method and body of each request."""
    for request in step.requests:
        yield request.method
        yield from () if request.body is None else (request.body,)


def test_the_smallest_request() -> None:
    """Of each object, the fields that have changed are sent, lists and objects in them as a whole."""

    def edit(config: Any) -> None:
        config["folders"][0]["label"] = "A"
        config["folders"][0]["devices"][1]["encryptionPassword"] = ""
        config["devices"][1]["ignoredFolders"].append({"id": "x"})
        config["options"]["minHomeDiskFree"]["value"] = 2
        config["ldap"]["transport"] = "tls"
        config["gui"]["theme"] = "dark"
        config["defaults"]["folder"]["label"] = "F"
        config["defaults"]["device"]["name"] = "D"
        config["defaults"]["ignores"]["lines"].append("*.tmp")

    assert sent(edit) == [
        (("devices", DEVICE), "patch", {"ignoredFolders": [{"time": "0001-01-01T00:00:00Z", "label": "", "id": "x"}]}),
        (("options",), "patch", {"minHomeDiskFree": {"value": 2, "unit": "%"}}),
        (("ldap",), "patch", {"transport": "tls"}),
        (("defaults", "device"), "patch", {"name": "D"}),
        (("defaults", "folder"), "patch", {"label": "F"}),
        (("defaults", "ignores"), "put", {"lines": ["a [b]", "*.tmp"]}),
        (("folders", "a"), "patch", {"label": "A", "devices": [share(OWN), share(DEVICE)]}),
        (("gui",), "patch", {"theme": "dark"}),
    ]


def test_the_order() -> None:
    """Devices are there before the folders that name them, and go after these; only what is gone can be ignored."""

    def edit(config: Any) -> None:
        config["gui"]["theme"] = "dark"
        config["remoteIgnoredDevices"].append({"deviceID": DEVICE})
        config["folders"][:] = [folder("d", {"deviceID": OTHER.lower()}), config["folders"][0]]
        config["devices"][1:] = [{"deviceID": OTHER.lower(), "name": "new"}]
        config["options"]["maxSendKbps"] = 9

    assert sent(edit) == [
        (("devices", OTHER), "put", {"deviceID": OTHER, "name": "new"}),
        (("options",), "patch", {"maxSendKbps": 9}),
        (("folders", "d"), "put", folder("d", {**share(OTHER), "deviceID": OTHER.lower()})),
        (("folders", "a"), "patch", {"devices": [share(OWN)]}),
        (("folders", "b/c"), "delete"),
        (("devices", DEVICE), "delete"),
        ((), "put", {"remoteIgnoredDevices": [{"deviceID": DEVICE}]}),
        (("gui",), "patch", {"theme": "dark"}),
    ]


def test_what_is_left_out() -> None:
    """Missing fields, the version, and the own device in folders are not changed; a missing parameter is."""

    def edit(config: Any) -> None:
        kept = {"id": "a", "path": "/a", "devices": [share(DEVICE, "secret")]}
        config.clear()
        config |= {"version": 5, "folders": [kept, {"id": "b/c"}], "gui": {}, "defaults": {"folder": {"devices": []}}}

    assert sent(edit) == []

    def empty(config: Any) -> None:
        config["folders"][0]["versioning"] = {"type": "simple", "params": {"keep": "5", "x": "1"}}
        config["folders"][1]["versioning"] = {"type": "staggered"}

    assert [step[2] for step in sent(empty)] == [
        {"versioning": {"type": "staggered", "params": {"keep": "5", "x": "1"}, "cleanupIntervalS": 3600}}
    ]


def test_parameters_that_are_taken_away() -> None:
    """The object is replaced; where the default folder has the parameter, too, they are emptied before."""

    def edit(config: Any) -> None:
        config["folders"][0]["versioning"]["params"] = {"keep": "5"}

    empty: Any = configuration()["folders"][0]["versioning"] | {"params": None}
    full = empty | {"params": {"keep": "5"}}
    assert sent(edit) == [(("folders", "a"), "patch", {"versioning": empty}, "patch", {"versioning": full})]

    def edit_both(config: Any) -> None:
        edit(config)
        config["defaults"]["folder"]["versioning"]["params"] = {}

    default, own = sent(edit_both)
    assert default[:2] == (("defaults", "folder"), "put")
    assert default[2]["versioning"]["params"] == {}
    assert own == (("folders", "a"), "put", configuration()["folders"][0] | {"versioning": full})


def test_parameters_that_a_new_folder_would_inherit() -> None:
    """They are emptied afterwards, if the edit says which it has; if not, it gets those of the default folder."""
    new = folder("n", versioning={"type": "simple", "params": {"keep": "1"}})
    emptied = {"versioning": {"type": "simple", "params": None}}
    (step,) = sent(lambda config: config["folders"].append(new))
    assert step[1:] == ("put", new, "patch", emptied, "patch", {"versioning": new["versioning"]})
    (step,) = sent(lambda config: config["folders"].append({"id": "n", "path": "/n"}))
    assert step[1:] == ("put", {"id": "n", "path": "/n"})


def test_settings_of_other_versions() -> None:
    """One that this daemon doesn't have is left out, and named; one that no daemon has is refused."""

    def edit(config: Any) -> None:
        config["folders"][0]["group"] = "x"
        config["options"]["auditFile"] = "y"
        config["folders"][0]["label"] = "z"

    steps, ignored = planned(edit)
    assert [request.body for step in steps for request in step.requests] == [{"label": "z"}]
    assert ignored == ("folders['a'].group", "options.auditFile")

    def misspell(config: Any) -> None:
        config["folders"][0]["lable"] = "x"
        config["future"] = {"x": 1}

    with pytest.raises(BadRequestError, match="did you mean 'label'"):
        planned(misspell)
    assert sent(misspell, "v3.0.0") == [(("folders", "a"), "patch", {"lable": "x"}), ((), "put", {"future": {"x": 1}})]


def place(*way: Any, value: Any) -> Callable[[Any], None]:
    """Return an edit that sets a value somewhere."""

    def edit(config: Any) -> None:
        for step in way[:-1]:
            config = config[step]
        config[way[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (place("folders", value="x"), "folders must be a list of objects"),
        (place("folders", value=None), "folders must not be null"),
        (place("folders", 1, "id", value="a"), "each with its own id"),
        (place("folders", 0, "devices", 0, value={}), "must be a list of objects"),
        (place("defaults", "folder", "devices", value=[5]), "must be a list of objects"),
        (place("defaults", "folder", value=7), r"defaults.folder must be an object"),
        (place("options", value=7), "options must be an object"),
        (place("devices", value=[]), f"own device can't be removed.* another daemon, replace .* with {OWN}"),
        (place("folders", 0, "versioning", "params", "kep", value="5"), "params.kep' .did you mean 'keep'"),
        (place("folders", 0, "versioning", "params", "keep", value=5), "params.keep must be a string, not int"),
        (place("folders", 0, "versioning", "params", "x", value="2"), None),
        (place("folders", 0, "label", value=None), "label must not be null"),
        (place("folders", 0, "type", value="sendrecieve"), "type must be one of"),
        (place("folders", 0, "type", value="receiveencrypted"), "can't be changed from or to"),
        (place("folders", 0, "path", value=""), "path must not be empty"),
        (place("folders", 0, "id", value="new"), None),
        (place("folders", 1, value={"id": "new"}), "folder.s path must not be empty"),
        (place("folders", 0, "devices", 1, "encryptionPassword", value=REDACTED), "is redacted"),
        (place("gui", "apiKey", value=""), "without apiKey"),
        (place("gui", "apiKey", value="a\nb"), "no client could send this apiKey"),
        (place("gui", "authMode", value="x"), "authMode must be one of"),
        (place("defaults", "device", "compression", value="x"), "compression must be one of"),
        (place("defaults", "folder", "order", value="x"), "order must be one of"),
        (place("defaults", "folder", "type", value="receiveencrypted"), None),
        (place("defaults", "ignores", "lines", value=[5]), r"lines\[0\] must be a string, not int"),
        (place("options", "maxSendKbps", value="5"), "maxSendKbps must be a whole number, not str: the daemon would"),
        (place("options", "maxSendKbps", value=5.0), "must be a whole number, not float"),
        (place("options", "minHomeDiskFree", value={"value": "1", "unit": "%"}), "value must be a number, not str"),
        (place("options", "minHomeDiskFree", "value", value=5), None),
        (place("devices", 1, "untrusted", value=1), "untrusted must be true or false, not int"),
        (place("folders", 1, value={"id": "n", "path": "/n", "copiers": "1"}), "copiers must be a whole number"),
        (place("defaults", "ignores", "lines", value=["a [b]", "x{"]), "x"),
        (place("devices", 1, "compression", value="x"), "compression must be one of"),
        (place("devices", 1, "addresses", value=["dynamic", "nas:22000"]), "can't connect to the address 'nas:22000'"),
        (place("devices", 1, "addresses", value=5), "addresses must be"),
        (place("devices", 1, "addresses", value=["old", "dynamic"]), None),
        (place("devices", 1, "untrusted", value=True), None),
        (
            place("devices", 1, "ignoredFolders", value=[{"id": "a"}]),
            f"shared with device {DEVICE}, so it can't be ign",
        ),
        (place("devices", 1, "ignoredFolders", value=[{"id": "b/c"}]), None),
        (place("remoteIgnoredDevices", value=[{"deviceID": DEVICE}]), "configured, so it can't be ignored"),
        (place("folders", 0, "devices", 1, "encryptionPassword", value=""), None),
    ],
)
def test_what_is_refused(edit: Callable[[Any], None], message: str | None) -> None:
    """Changes that the daemon would ignore, correct or refuse are refused before sending; ``None`` is accepted."""
    if message is None:
        assert sent(edit)
        return
    with pytest.raises(BadRequestError, match=message):
        planned(edit)


def test_devices_that_the_daemon_would_leave_out() -> None:
    """A folder is not shared with an unknown or invalid device, nor unencrypted with an untrusted one."""
    with pytest.raises(UnknownDeviceError, match="not configured"):
        planned(lambda config: config["folders"][0]["devices"].append({"deviceID": OTHER}))
    with pytest.raises(InvalidDeviceIDError):
        planned(lambda config: config["folders"][0]["devices"].append({"deviceID": "nope"}))

    def distrust(config: Any) -> None:
        config["devices"][1]["untrusted"] = True
        config["folders"][0]["devices"][1]["encryptionPassword"] = ""

    with pytest.raises(BadRequestError, match="untrusted"):
        planned(distrust)


def test_versions() -> None:
    """A daemon that would hash a hash again doesn't get it. A newer one may have values of other types."""
    edit = place("gui", "password", value="$2a$10$y")
    assert sent(edit) == [(("gui",), "patch", {"password": "$2a$10$y"})]
    with pytest.raises(BadRequestError, match="hash"):
        planned(edit, "v1.19.2")
    assert planned(place("folders", 0, "label", value=["a"]), "v2.9.0")
    with pytest.raises(BadRequestError, match="type must be one of"):
        planned(place("folders", 0, "type", value=["sendreceive"]), "v2.9.0")
