"""``config.edit`` and ``config.backup``: what they send, and what others do meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.config import gui_changes
from aiosyncthing.config.edits.objects import Objects
from aiosyncthing.exceptions import (
    BadRequestError,
    EditConflictError,
    InvalidResponseError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnreachableError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.calls import DEVICE, KEY
from tests.support.cancelling import cancel_everywhere, leaves_no_trace
from tests.support.configs import OTHER
from tests.support.server import Server, as_json
from tests.support.waiting import until


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSyncthing]:
    """A daemon with a folder and a device; a change of the GUI's settings is waited for shortly."""
    monkeypatch.setattr(gui_changes, "_ENDING", 0.05)
    with FakeSyncthing("1.29", api_key=KEY) as fake:
        fake.add_folder("docs", label="Docs")
        fake.add_device("phone", device_id=DEVICE)
        yield fake


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of the daemon."""
    async with fake.client() as client:
        yield client


class Others:
    """What others do right before an object is read or after it was written, one each time, and what was sent."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.before_reading: list[Callable[[], object]] = []
        self.after_writing: list[Callable[[], object]] = []
        self.sent: list[str] = []
        read, write = Objects.read, Objects.write

        async def read_later(objects: Objects, target: Any) -> Any:
            if self.before_reading:
                await asyncio.to_thread(self.before_reading.pop(0))
            return await read(objects, target)

        async def write_first(objects: Objects, step: Any, latest: Any) -> None:
            methods = ",".join(request.method for request in step.requests)
            self.sent.append(f"{methods} {'/'.join(step.target)}")
            await write(objects, step, latest)
            if self.after_writing:
                await asyncio.to_thread(self.after_writing.pop(0))

        patch.setattr(Objects, "read", read_later)
        patch.setattr(Objects, "write", write_first)


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Others:
    """What others do."""
    return Others(monkeypatch)


def folder_of(config: Any, folder_id: str = "docs") -> Any:
    """Return a folder of a configuration."""
    return next(each for each in config["folders"] if each["id"] == folder_id)


async def refused(
    edit: Any, error: type[SyncthingError], match: str | None = None, *, label: Any = "Mine", **options: Any
) -> Any:
    """Make an edit of a folder's label, and of options, that must fail with an error, and return that."""
    config = await edit.__aenter__()
    folder_of(config)["label"] = label
    config["options"].update(options)
    with pytest.raises(error, match=match) as caught:
        await edit.__aexit__(None, None, None)
    return caught.value


async def test_an_edit(client: Syncthing, others: Others) -> None:
    """Each object is written once; afterwards the dict is what the daemon has, and the edit says what was sent."""
    edit = client.config.edit(timeout=20)
    async with edit as config:
        anything: Any = config
        anything["devices"].append({"deviceID": OTHER.lower(), "name": "laptop"})
        folder_of(config)["devices"].append({"deviceID": OTHER})
        folder_of(config)["versioning"] = {"type": "simple", "params": {"keep": "3"}}
        anything["folders"].append({"id": "a/b", "path": "/b"})
        anything["defaults"]["ignores"]["lines"].append("*.tmp")
        anything["options"]["auditFile"] = "x"
    assert others.sent == [*(f"put devices/{OTHER}", "put defaults/ignores", "patch folders/docs", "put folders/a/b")]
    assert config == await client.config.config()
    assert OTHER in [each["deviceID"] for each in folder_of(config)["devices"]]
    assert str(edit.changes).splitlines() == [
        f"devices['{OTHER}']: added",
        'defaults.ignores.lines: [] -> ["*.tmp"]',
        f"folders['docs'].devices['{OTHER}']: added",
        'folders[\'docs\'].versioning.type: "" -> "simple"',
        "folders['docs'].versioning.params.keep: added \"3\"",
        "folders['a/b']: added",
    ]
    assert json.loads(json.dumps(edit.changes.data)) == edit.changes.data
    assert (edit.ignored, edit.reconnect) == (("options.auditFile",), ())
    with pytest.raises(BadRequestError, match="used only once"):
        await edit.__aenter__()


async def test_nothing_to_send(fake: FakeSyncthing, client: Syncthing, others: Others) -> None:
    """An edit that changes nothing, or what others have changed, only reads, and so does one that ends in an error."""
    before = len(fake.requests)
    async with client.config.edit() as config:
        had = json.dumps(config)
        folder_of(config)["versioning"] = {"type": ""}
        config["folders"][0]["devices"] = []
    assert [each.path for each in fake.requests[before:]] == ["/rest/config"]
    assert json.dumps(config) == had
    edit = client.config.edit()
    async with edit as config:
        folder_of(config)["label"] = "Same"
        fake.set_folder("docs", label="Same")
    with pytest.raises(ZeroDivisionError):
        async with client.config.edit() as config:
            folder_of(config)["label"] = str(1 / 0)
    assert (others.sent, edit.changes) == ([], ())
    assert folder_of(await client.config.config())["label"] == "Same"
    assert {each.path for each in fake.requests[before:]} == {"/rest/config"}


async def test_a_preview(client: Syncthing, others: Others) -> None:
    """A preview returns what would be sent, and raises what sending would raise, without changing anything."""
    edit = client.config.edit()
    with pytest.raises(BadRequestError, match="inside the block"):
        await edit.preview()
    async with edit as config:
        assert await edit.preview() == ()
        config["folders"][0]["label"] = "Papers"
        assert str(await edit.preview()) == 'folders[\'docs\'].label: "Docs" -> "Papers"'
        config["folders"][0]["devices"].append({"deviceID": OTHER, "introducedBy": "", "encryptionPassword": ""})
        with pytest.raises(UnknownDeviceError):
            await edit.preview()
        config["folders"][0]["devices"].pop()
        assert others.sent == []
    assert others.sent == ["patch folders/docs"]


async def test_paths(fake: FakeSyncthing, client: Syncthing, others: Others) -> None:
    """A folder gets no path that would share too much, which a preview says, too; where it lies inside is asked for."""
    for path, reason in (("/", "home directory"), ("", "must not be empty"), ("docs", "relative")):
        edit = client.config.edit(allow_nested=True)
        folder_of(await edit.__aenter__())["path"] = path
        with pytest.raises(BadRequestError, match=reason):
            await edit.preview()
        with pytest.raises(BadRequestError, match=reason):
            await edit.__aexit__(None, None, None)
    inner: Any = {"id": "inner", "path": f"{fake.config['folders'][0]['path']}/inner"}
    with pytest.raises(BadRequestError, match="inside the folder 'docs'"):
        async with client.config.edit() as config:
            config["folders"].append(inner)
    assert others.sent == []
    async with client.config.edit(allow_nested=True) as config:
        config["folders"].append(inner)
    async with client.config.edit() as config:
        folder_of(config, "inner")["label"] = "Inner"
    assert others.sent == ["put folders/inner", "patch folders/inner"]


async def test_a_home_that_an_old_daemon_does_not_report(tmp_path: Path) -> None:
    """Before 1.21, the path is looked at before anything is sent."""
    home = tmp_path / "home"
    (home / "index-v0.14.0.db").mkdir(parents=True)
    with FakeSyncthing("1.19", home=tmp_path / "user", files_on_disk=True) as fake:
        async with fake.client() as client:
            edit = client.config.edit()
            config: Any = await edit.__aenter__()
            config["options"]["maxSendKbps"] = 5
            config["folders"].append({"id": "new", "path": str(home)})
            with pytest.raises(BadRequestError, match="a daemon's own home"):
                await edit.preview()
            with pytest.raises(BadRequestError, match="a daemon's own home"):
                await edit.__aexit__(None, None, None)
            assert (await client.config.options())["maxSendKbps"] == 0


async def test_what_others_change_during_the_block(fake: FakeSyncthing, client: Syncthing) -> None:
    """Changes by others are kept; if both have changed the same field, nothing is sent, and the error names it."""
    async with client.config.edit() as config:
        folder_of(config)["label"] = "Mine"
        config["options"]["maxSendKbps"] = 5
        fake.set_folder("docs", rescanIntervalS=77)
        fake.set_options(maxRecvKbps=6)
    assert (folder_of(config)["label"], folder_of(config)["rescanIntervalS"]) == ("Mine", 77)
    assert (config["options"]["maxSendKbps"], config["options"]["maxRecvKbps"]) == (5, 6)
    edit = client.config.edit()
    config = await edit.__aenter__()
    folder_of(config)["label"] = "Again"
    config["options"]["maxSendKbps"] = 7
    fake.set_folder("docs", label="Theirs")
    with pytest.raises(EditConflictError, match="nothing was sent") as caught:
        await edit.__aexit__(None, None, None)
    assert caught.value.fields == ("folders['docs'].label",)
    assert edit.changes == ()
    assert (await client.config.options())["maxSendKbps"] == 5


async def test_what_others_change_while_it_is_sent(fake: FakeSyncthing, client: Syncthing, others: Others) -> None:
    """An object that has changed since it was read is read again, and both changes are made."""
    others.before_reading += [lambda: None, lambda: fake.set_folder("docs", devices=[{"deviceID": DEVICE}])]
    async with client.config.edit() as config:
        config["options"]["maxSendKbps"] = 5
        folder_of(config)["label"] = "Mine"
    assert others.sent == ["patch options", "patch folders/docs"]
    assert folder_of(config)["label"] == "Mine"
    assert DEVICE in [each["deviceID"] for each in folder_of(config)["devices"]]

    others.before_reading += [lambda: None, lambda: fake.set_folder("docs", label="Theirs")]
    edit = client.config.edit()
    done = r"only a part was sent.*\[done before: options.maxSendKbps: 5 -> 6\]"
    await refused(edit, EditConflictError, done, label="Again", maxSendKbps=6)
    assert [each.field for each in edit.changes] == ["maxSendKbps"]


async def test_what_others_undo(fake: FakeSyncthing, client: Syncthing, others: Others) -> None:
    """If someone writes back an object that they read earlier, the change is made again, up to three times.

    An object that changes each time right before it would be written is given up after four attempts.
    """
    others.after_writing += [lambda: fake.set_folder("docs", label="Docs", rescanIntervalS=77)]
    edit = client.config.edit()
    async with edit as config:
        folder_of(config)["label"] = "Mine"
    assert others.sent == ["patch folders/docs"] * 2
    assert (folder_of(config)["label"], folder_of(config)["rescanIntervalS"]) == ("Mine", 77)
    assert len(edit.changes) == 1

    others.after_writing += [lambda: fake.set_folder("docs", label="Mine")] * 9
    others.sent.clear()
    error = await refused(client.config.edit(), EditConflictError, "keeps undoing these changes", label="Again")
    assert error.fields == ("folders['docs'].label",)
    assert others.sent == ["patch folders/docs"] * 4

    others.after_writing.clear()
    others.sent.clear()
    others.before_reading += [
        lambda number=number: fake.set_folder("docs", rescanIntervalS=number)  # type: ignore[misc]
        for number in range(1, 10)
    ]
    await refused(client.config.edit(), EditConflictError, label="Once more")
    assert (others.sent, len(others.before_reading)) == ([], 5)


async def test_what_the_daemon_corrects(client: Syncthing) -> None:
    """A value that the daemon corrects is no conflict, but one that it doesn't take at all is an error."""
    async with client.config.edit() as config:
        folder_of(config)["maxConcurrentWrites"] = 100
    assert folder_of(config)["maxConcurrentWrites"] == 64
    with pytest.raises(EditConflictError, match="the daemon itself"):
        async with client.config.edit() as config:
            config["options"]["reconnectionIntervalS"] = 2


async def test_a_request_that_fails(fake: FakeSyncthing, client: Syncthing) -> None:
    """The error says what was done before, as does the edit; what would come later is not sent.

    A refusal is an answer; after a failure, the change may be in effect.
    """
    fake.respond("rest/config/folders/docs", status=500, body=b"disk full", method="PATCH")
    edit = client.config.edit()
    config = await edit.__aenter__()
    config["options"]["maxSendKbps"] = 5
    folder_of(config)["label"] = "Mine"
    config["gui"]["theme"] = "dark"
    with pytest.raises(ServerError, match=r"\[done before: options.maxSendKbps: 0 -> 5\].*disk full"):
        await edit.__aexit__(None, None, None)
    assert [each.data for each in edit.changes] == [
        {"object": "options", "field": "maxSendKbps", "kind": "changed", "before": 0, "after": 5}
    ]
    assert [each.after for each in edit.unconfirmed] == ["Mine"]
    assert (await client.config.gui())["theme"] == "default"
    for status, unconfirmed in ((400, []), (403, []), (404, []), (500, ["Mine"]), (504, ["Mine"])):
        fake.respond("rest/config/folders/docs", status=status, body=b"no", method="PATCH")
        edit = client.config.edit()
        assert "done before" not in str(await refused(edit, SyncthingError))
        assert (edit.changes, [each.after for each in edit.unconfirmed]) == ((), unconfirmed)


async def test_what_is_not_json(client: Syncthing, others: Others) -> None:
    """Values that JSON can't represent are refused, like others that the daemon would not accept unchanged."""
    await refused(client.config.edit(), BadRequestError, "not JSON serializable: set", label={1, 2})
    await refused(client.config.edit(), BadRequestError, r"number at folders\[0\].label is", label=float("nan"))
    assert others.sent == []


async def test_the_gui(fake: FakeSyncthing, client: Syncthing, others: Others) -> None:
    """The GUI's settings are changed last, and the API is available afterwards; key and password stay."""
    async with client.config.edit() as config:
        config["gui"]["user"], config["gui"]["password"] = "anna", "secret"
    hashed = config["gui"]["password"]
    edit = client.config.edit()
    async with edit as config:
        config["gui"]["theme"] = "dark"
        folder_of(config)["label"] = "Mine"
    assert others.sent == ["patch gui", "patch folders/docs", "patch gui"]
    assert (config["gui"]["theme"], config["gui"]["password"], edit.reconnect) == ("dark", hashed, ())
    bodies = [each.body for each in fake.requests if each.method == "PATCH"]
    assert json.loads(bodies[-1]) == {"theme": "dark"}


async def test_changes_of_the_gui_meanwhile(fake: FakeSyncthing, client: Syncthing) -> None:
    """The listener that a change by the same client has restarted is waited for before anything else is asked."""

    async def first_request(work: Awaitable[Any]) -> str:
        before = len(fake.requests)
        await asyncio.gather(work, return_exceptions=True)
        return fake.requests[before].path

    edit = client.config.edit()
    await client.config.patch_gui(theme="dark")
    assert await first_request(edit.__aenter__()) == "/rest/system/ping"
    edit = client.config.edit()
    config: Any = await edit.__aenter__()
    await client.config.patch_gui(theme="black")
    config["gui"]["theme"] = "light"
    ended = asyncio.ensure_future(edit.__aexit__(None, None, None))
    assert await first_request(ended) == "/rest/system/ping"
    with pytest.raises(EditConflictError, match=r"gui\.theme"):
        await ended


async def test_a_gui_that_this_client_no_longer_reaches(fake: FakeSyncthing, client: Syncthing) -> None:
    """A new key, address or protocol is sent, and the edit reports it; no more requests follow.

    What the daemon has is read as after other changes where it only takes effect when the daemon is started again: an
    API that is switched off, and another address if the present one was set when the daemon was started.
    """
    status = await client.system.status()
    barred = "another that is barred"
    for setting, value, reconnect, last in (
        ("apiKey", "another", ("apiKey",), "GET /rest/config"),
        ("apiKey", barred, ("apiKey",), "GET /rest/system/ping"),
        ("enabled", False, ("enabled",), "GET /rest/config"),
        ("address", "127.0.0.2:1", (), "GET /rest/config"),
        ("address", "127.0.0.2:2", ("address",), "PATCH /rest/config/gui"),
        ("useTLS", True, ("useTLS",), "PATCH /rest/config/gui"),
    ):
        async with fake.client() as one:
            edit = one.config.edit()
            async with edit as config:
                if value == barred:
                    fake.respond("rest/system/ping", status=403, text="CSRF Error", times=None)
                if setting == "address":
                    fake.respond("rest/system/status", json={**status, "guiAddressOverridden": not reconnect})
                config["gui"][setting] = value
        fake.clear_faults()
        assert (edit.reconnect, config["gui"][setting]) == (reconnect, value)
        assert "another" not in str(edit.changes)
        request = fake.requests[-1]
        assert f"{request.method} {request.path}" == last, setting


async def test_a_change_of_the_gui_without_an_answer(fake: FakeSyncthing, client: Syncthing) -> None:
    """The listener may end before it answers: then it is looked at whether the change was made."""
    fake.hold("rest/config/gui", made=True, method="PATCH")
    edit = client.config.edit(timeout=2)
    async with edit as config:
        config["gui"]["theme"] = "dark"
    assert config["gui"]["theme"] == "dark"
    assert len(edit.changes) == 1
    fake.hold("rest/config/gui", made=True, method="PATCH")
    edit = client.config.edit(timeout=2)
    with pytest.raises(UnreachableError):
        async with edit as config:
            config["gui"]["useTLS"] = True
    assert edit.changes == ()


async def test_odd_answers(fake: FakeSyncthing) -> None:
    """An answer that is not what Syncthing sends is an error of its own; the time limit applies to each request."""
    for answer in ([], {"folders": [], "devices": [{}]}, {"folders": [], "devices": [], "gui": 5}):
        async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
            with pytest.raises(InvalidResponseError):
                await client.config.edit().__aenter__()
    async with fake.client() as client:
        fake.delay("rest/config", 5, method="GET")
        with pytest.raises(RequestTimeoutError):
            await client.config.edit(timeout=0.01).__aenter__()
        fake.clear_faults()
        fake.delay("rest/config", 5, method="GET")
        with pytest.raises(RequestTimeoutError):
            await client.config.backup(timeout=0.01)


async def test_cancellation(fake: FakeSyncthing, client: Syncthing) -> None:
    """Cancelled anywhere, an edit ends, the next one is not blocked, and what it says to have sent is there."""
    edits: list[Any] = []

    async def work() -> None:
        edit = client.config.edit()
        edits.append(edit)
        async with edit as config:
            config["options"]["maxSendKbps"] = 5
            folder_of(config)["label"] = "Mine"

    async def look() -> None:
        config = fake.config
        for change in edits[-1].changes:
            found = config["options"] if change.object == "options" else folder_of(config)
            assert found[change.field] == change.after
        fake.set_options(maxSendKbps=0)
        fake.set_folder("docs", label="Docs")

    assert await cancel_everywhere(work, after=look)
    assert await leaves_no_trace(work) is None
    assert (len(edits[-1].changes), edits[-1].unconfirmed) == (2, ())


async def test_a_request_that_is_cancelled(fake: FakeSyncthing, client: Syncthing) -> None:
    """What was sent without an answer is said to be unconfirmed, since it may be in effect."""
    fake.hold("rest/config/folders/docs", made=True, method="PATCH")
    edit = client.config.edit()
    config: Any = await edit.__aenter__()
    config["options"]["maxSendKbps"] = 5
    folder_of(config)["label"] = "Mine"
    ending = asyncio.create_task(edit.__aexit__(None, None, None))

    async def is_made() -> bool:
        return bool(folder_of(fake.config)["label"] == "Mine")

    await until(is_made)
    ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled()
    assert ([each.after for each in edit.changes], [each.after for each in edit.unconfirmed]) == ([5], ["Mine"])


async def test_a_backup(fake: FakeSyncthing, client: Syncthing) -> None:
    """A backup has the configuration, the ignore patterns and the daemon's ID and version, as JSON.

    A folder without patterns may be one that is not there: then the backup says why.
    """
    fake.add_folder("paused", paused=True)
    fake.add_folder("broken")
    await client.database.set_ignores("docs", ["*.tmp"])
    fake.respond("rest/db/ignores", status=500, body=b"lstat /x: not a directory")
    backup = await client.config.backup()
    assert json.loads(json.dumps(backup)) == backup
    assert backup["config"] == await client.config.config()
    assert (backup["deviceID"], backup["version"]) == (fake.device_id, fake.version)
    assert backup["ignores"] == {"docs": ["*.tmp"]}
    assert "not a directory" in backup["unread"]["broken"]
    assert "paused" in backup["unread"]["paused"]
    assert backup["time"].endswith("+00:00")
    error = {"ignore": None, "expanded": [], "error": "lstat /x: not a directory"}
    fake.respond("rest/db/ignores", body=json.dumps(error).encode())
    assert (await client.config.backup())["unread"]["broken"] == "lstat /x: not a directory"
    status = {**await client.database.status("docs"), "error": "folder path missing"}
    fake.respond("rest/db/status", body=json.dumps(status).encode())
    assert (await client.config.backup())["unread"]["broken"] == "folder path missing"


async def test_a_folder_that_goes_during_a_backup(fake: FakeSyncthing, client: Syncthing) -> None:
    """If the configuration changes meanwhile, everything is read again, so that it is consistent."""
    fake.add_folder("gone")
    call = client.api.raw_request
    done = False

    async def remove(uri: str, **options: Any) -> Any:
        nonlocal done
        if uri == "rest/db/ignores" and not done:
            done = True
            await asyncio.to_thread(fake.remove_folder, "gone")
        return await call(uri, **options)

    client.api.raw_request = remove  # type: ignore[method-assign,assignment]
    backup = await client.config.backup()
    assert [folder["id"] for folder in backup["config"]["folders"]] == ["docs"] == list(backup["ignores"])
    assert backup["unread"] == {}
