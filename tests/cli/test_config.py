"""`config`: reading, changing, editing, exporting and comparing settings."""

import getpass
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.blocking import Syncthing
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

PASSWORD = "swordfish"

pytestmark = pytest.mark.usefixtures("phone")


@pytest.fixture
def phone(here: FakeSyncthing) -> DeviceID:
    """A device with which a folder is shared, encrypted."""
    phone = here.add_device("phone")
    here.add_folder("docs", label="My.Papers", devices=[phone], rescanIntervalS=3600)
    return phone


@pytest.fixture
def client(here: FakeSyncthing) -> Iterator[Syncthing]:
    """Another client of the same daemon."""
    with Syncthing(here.api_key, here.url) as client:
        yield client


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """An editor that runs one command of a shell after the other, each time it is opened."""

    def make(*commands: str) -> Path:
        cases = "\n".join(f"{number}) {command} ;;" for number, command in enumerate(commands, 1))
        script = tmp_path / "editor"
        script.write_text(
            f'echo >>{tmp_path}/opened\ncat "$1" >{tmp_path}/seen\n'
            f"case $(wc -l <{tmp_path}/opened | tr -d ' ') in\n{cases}\nesac\n"
        )
        monkeypatch.setenv("VISUAL", f"sh {script}")
        return tmp_path / "seen"

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return make


def test_get(phone: DeviceID, cli: Cli) -> None:
    """A value is printed as it is, an object in lines that are paths for `set`, and an element by any of its names."""
    assert cli("config", "get", "options.maxSendKbps").out == "0\n"
    assert cli("config", "get", "folders.docs.label").out == "My.Papers\n"
    assert cli("config", "get", 'folders."My.Papers".paused').out == "false\n"
    assert cli("config", "get", "folders['docs'].rescanIntervalS").out == "3600\n"
    addresses = cli("config", "get", "devices.PHONE.addresses").out
    assert addresses == f'devices.{phone}.addresses: ["dynamic"]\n'
    shared = cli("config", "get", "folders.docs.devices.phone").out.splitlines()
    assert [line.rpartition(".")[2] for line in shared][1:] == ['introducedBy: ""', 'encryptionPassword: ""']
    everything = cli("config", "get").out.splitlines()
    assert "options.maxSendKbps: 0" in everything
    assert 'folders.docs.minDiskFree.unit: "%"' in everything
    assert all(": " in line for line in everything)


def test_get_as_document(here: FakeSyncthing, cli: Cli) -> None:
    """The document has each setting with its full path; keys are only shown with --show-secrets, as stderr says."""
    order, gui = cli("config", "get", "folders.docs.order", "gui", "--json").json()["settings"]
    assert order == {"daemon": "local", "path": "folders.docs.order", "value": "random"}
    assert gui["value"]["apiKey"] == "<redacted>"
    assert here.api_key not in json.dumps(gui) + cli("config", "get").out
    done = cli("config", "get", "gui.apiKey")
    assert (done.out, done.err) == ("<redacted>\n", "gui.apiKey is a secret: --show-secrets shows it\n")
    assert cli("config", "get", "gui.apiKey", "--show-secrets").out == f"{here.api_key}\n"


NOWHERE = (
    ("options.maxSendKbp", 2, "there is no setting options.maxSendKbp\nhint: did you mean options.maxSendKbps?"),
    ("options.maxSendKbps.x", 2, "there is no setting options.maxSendKbps.x: options.maxSendKbps has no named parts"),
    ("folders.doc.label", 5, "no folder 'doc'; did you mean 'My.Papers' (docs)?"),
    ("devices.pi", 5, "no device 'pi'"),
    ("folders.docs.devices.nas.x", 2, "there is no setting folders.docs.devices."),
    ("defaults.folder.devices.phone", 5, "new folders are not shared with 'phone'"),
    ("folders.docs.group", 7, "this version of Syncthing has no setting folders.docs.group"),
    ("folders..label", 2, "'folders..label' is not the path of a setting"),
    ("", 2, "must not be empty"),
    (".folders", 2, "'.folders' is not the path of a setting"),
    ('folders."docs', 2, "is not the path of a setting"),
    ("nothing", 2, "there is no setting nothing\nhint: "),
)


def test_paths_that_lead_nowhere(cli: Cli) -> None:
    """An unknown setting is refused with the nearest name; one of other versions is reported as such."""
    for path, status, message in NOWHERE:
        done = cli("config", "get", path)
        assert (done.status, done.out) == (status, "")
        assert message in done.err


def test_several_daemons(here: FakeSyncthing, cli: Cli, profiles: Callable[..., None]) -> None:
    """Several profiles are queried at once; a failure is a row, and the status is 9."""
    profiles({"one": here, "two": None})
    done = cli("config", "get", "options.maxSendKbps", "gui.theme", "-p", "all")
    assert done.status == 9
    assert done.out.splitlines()[:3] == [
        "DAEMON  PATH                 VALUE",
        "one     options.maxSendKbps  0",
        'one     gui.theme            "default"',
    ]
    assert done.out.splitlines()[3].startswith("two     error: ")
    assert cli("config", "set", "gui.theme", "dark", "-p", "all").status == 2
    assert cli("config", "diff", "one", "-p", "one", "--exit-code").err == "no differences\n"


SETTABLE = [
    (["options.maxSendKbps", "5"], "options.maxSendKbps: 0 → 5"),
    (["folders.docs.maxConflicts", "-1"], "folders.docs.maxConflicts: 10 → -1"),
    (["folders.docs.fsWatcherDelayS", "2.5"], "folders.docs.fsWatcherDelayS: 10 → 2.5"),
    (["folders.docs.paused", "True"], "folders.docs.paused: false → true"),
    (["folders.docs.order", "newestFirst"], 'folders.docs.order: "random" → "newestFirst"'),
    (["folders.docs.label", "5"], 'folders.docs.label: "My.Papers" → "5"'),
    (["options.stunServers", "a", "b"], 'options.stunServers: ["default"] → ["a", "b"]'),
    (["options.stunServers", "[]"], 'options.stunServers: ["a", "b"] → []'),
    (["folders.docs.minDiskFree", '{"value": 2}'], "folders.docs.minDiskFree.value: 1 → 2"),
    (["folders.docs.versioning.params.keep", "3"], '+ folders.docs.versioning.params.keep: "3"'),
]


def test_set(here: FakeSyncthing, cli: Cli, client: Syncthing) -> None:
    """A value has the type of its setting, and nothing else is sent; changes are printed; the same value is none."""
    for arguments, line in SETTABLE:
        done = cli("config", "set", *arguments)
        assert (done.status, done.out, done.err) == (0, f"{line}\n", "")
    docs, options = client.config.folders("docs"), client.config.options()
    assert (docs["maxConflicts"], docs["fsWatcherDelayS"], docs["paused"], docs["label"]) == (-1, 2.5, True, "5")
    assert (docs["minDiskFree"], docs["versioning"]["params"]) == ({"value": 2, "unit": "%"}, {"keep": "3"})
    assert (options["maxSendKbps"], options["stunServers"]) == (5, [])
    addresses = ["default", "tcp://:22000", "quic4://0.0.0.0:0", "dynamic+https://relays.syncthing.net/endpoint"]
    assert cli("config", "set", "options.listenAddresses", *addresses).status == 0
    assert client.config.options()["listenAddresses"] == addresses
    done = cli("config", "set", "options.maxSendKbps", "5")
    assert (done.status, done.out, done.err) == (0, "", "nothing to change\n")
    writes = [each for each in here.requests if each.method != "GET"]
    assert len(writes) == len(SETTABLE) + 1
    assert (writes[0].method, writes[0].path) == ("PATCH", "/rest/config/options")
    assert json.loads(writes[0].body) == {"maxSendKbps": 5}


REFUSED = (
    (["options.maxSendKbps", "many"], "options.maxSendKbps must be a whole number, not 'many'"),
    (["options.maxSendKbps", "1.5"], "options.maxSendKbps must be a whole number, not '1.5'"),
    (["options.maxSendKbps", "1", "2"], "options.maxSendKbps takes one value"),
    (["options.maxSendKbps", "9" * 20], "options.maxSendKbps must be a 64-bit number"),
    (["options.maxSendKbps", "--", "-" + "9" * 20], "options.maxSendKbps must be a 64-bit number"),
    (["options.maxSendKbps", "9" * 5000], "options.maxSendKbps must be a 64-bit number"),
    (["options.maxSendKbps", "--fast"], "there is no option --fast"),
    (["folders.docs.fsWatcherDelayS", "x"], "must be a number, not 'x'"),
    (["folders.docs.paused", "1"], "folders.docs.paused must be true or false, not '1'"),
    (["folders.docs.order", "newestfirst"], "hint: did you mean newestFirst?"),
    (["folders.docs.type", "zzz"], "must be one of sendreceive, sendonly, receiveonly, receiveencrypted, not 'zzz'\n"),
    (["folders.docs.minDiskFree", "5%"], "folders.docs.minDiskFree must be JSON such as"),
    (["folders.docs.minDiskFree", "[]"], "folders.docs.minDiskFree must be JSON such as"),
    (["folders.docs.devices", "{}"], "folders.docs.devices must be JSON such as"),
    (["options.listenAddresses", "[1,"], "options.listenAddresses must be JSON such as"),
    (["options.listenAddresses", "foo"], "would not listen on 'foo'"),
    (["folders.docs.id", "other"], "folders.docs.id identifies this element"),
    (["folders.docs", '{"id": "other"}'], "what identifies folders.docs can't be changed"),
    (["folders", "[]"], "name one of the folders"),
    (["version", "5"], "version can't be changed"),
    (["", "5"], "the path must not be empty"),
    (["gui.apiKey", "@{file}"], "a change of gui.apiKey may lock out this and other clients"),
    (["gui", '{"useTLS": true}'], "a change of gui.useTLS may lock out this and other clients"),
    (["gui.password", PASSWORD], "gui.password is a secret, and everyone on this computer can see arguments"),
    (["gui", '{"password": "x"}'], "gui: the value contains a password or a key"),
    (["folders.docs.devices.phone", '{"encryptionPassword": "x"}'], "the value contains a password or a key"),
    (["gui.password", "-", "--api-key-file", "-", "--url", "http://127.0.0.1:9"], "both the key and the value"),
)


def test_set_refuses(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """An invalid value is refused, and nothing is sent."""
    file = tmp_path / "value"
    file.write_text("0123456789abcdef")
    file.chmod(0o600)
    for arguments, message in REFUSED:
        done = cli("config", "set", *(each.replace("{file}", str(file)) for each in arguments))
        assert (done.status, done.out) == (2, "")
        assert message in done.err
    assert {each.method for each in here.requests} <= {"GET"}


def test_values_from_elsewhere(
    phone: DeviceID, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Syncthing
) -> None:
    """@FILE and - read a file and stdin; a terminal prompts for a password; no secret is printed."""
    path = "folders.docs.devices.phone.encryptionPassword"
    file = tmp_path / "value"
    file.write_text("Böse -x\n")
    assert cli("config", "set", "folders.docs.label", f"@{file}").out.endswith('→ "Böse -x"\n')
    assert cli("config", "set", "folders.docs.label", "-", stdin="-x\n").out.endswith('→ "-x"\n')
    assert cli("config", "set", "folders.docs.label", f"@{file}x").status == 1

    def password() -> str:
        (device,) = (each for each in client.config.folders("docs")["devices"] if each["deviceID"] == phone)
        return device["encryptionPassword"]

    done = cli("config", "set", path, "-", stdin=f"{PASSWORD}\n")
    assert done.out.endswith('.encryptionPassword: "" → "<redacted>"\n')
    assert password() == PASSWORD
    file.write_text("from a file\n")
    assert "can be read by other users" in cli("config", "set", path, f"@{file}").err
    assert password() == "from a file"

    def typed(prompt: str) -> str:
        return "typed" if path in prompt else ""

    monkeypatch.setattr(getpass, "getpass", typed)
    done = cli("config", "set", path, "-", columns=80)
    assert (done.status, password()) == (0, "typed")
    assert "typed" not in done.out + done.err
    assert cli("config", "unset", path).status == 0
    assert password() == ""


def test_a_new_key(here: FakeSyncthing, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --allow-lockout the key can be changed; the document says what clients need."""
    monkeypatch.setattr("aiosyncthing.config.gui_changes._ENDING", 0.2)
    file = tmp_path / "key"
    file.write_text("a-new-key")
    file.chmod(0o600)
    document = cli("config", "set", "gui.apiKey", f"@{file}", "--allow-lockout", "--json").json()
    assert document["changes"] == [
        {"path": "gui.apiKey", "kind": "changed", "before": "<redacted>", "after": "<redacted>"}
    ]
    assert document["reconnect"] == ["apiKey"]
    with Syncthing("a-new-key", here.url) as client:
        assert client.config.gui()["apiKey"] == "a-new-key"


def test_paths_that_would_share_too_much(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """A folder's path can't become the home directory; inside another folder it can with --allow-nested."""
    here.add_folder("music", path=str(tmp_path / "music"))
    done = cli("config", "set", "folders.docs.path", "~")
    assert (done.status, "home directory" in done.err) == (2, True)
    inner = str(tmp_path / "music" / "docs")
    done = cli("config", "set", "folders.docs.path", inner)
    assert (done.status, "hint: --allow-nested allows it" in done.err) == (2, True)
    assert cli("config", "set", "folders.docs.path", inner, "--allow-nested").out.endswith(f'→ "{inner}"\n')


KEPT = (
    ("folders.docs.path", "folders.docs.path has no default"),
    ("folders.docs.devices", "folders.docs.devices has no default"),
    ("folders.docs", "folders.docs is not a setting\nhint: `aiosyncthing remove`"),
    ("gui.password", "an empty password is still a password"),
    ("gui.address", "gui.address has no default that would leave the daemon reachable"),
    ("gui", "gui has no default"),
    ("options", "options has no default"),
)


def test_unset(here: FakeSyncthing, cli: Cli, phone: DeviceID, client: Syncthing) -> None:
    """A folder's setting becomes that of new folders, others the daemon's own; elements and parameters are removed.

    A setting without a (safe) default is refused and stays.
    """
    for path, message in KEPT:
        done = cli("config", "unset", path)
        assert (done.status, done.out) == (2, "")
        assert message in done.err
    assert {each.method for each in here.requests} <= {"GET"}
    client.config.patch_options(maxSendKbps=5, minHomeDiskFree={"value": 7, "unit": "GB"}, listenAddresses=["x"])
    client.config.patch_default_folder(rescanIntervalS=60, paused=True)
    client.config.patch_folder("docs", versioning={"type": "simple", "params": {"keep": "3"}})
    for path, line in {
        "options.maxSendKbps": "options.maxSendKbps: 5 → 0",
        "options.minHomeDiskFree.value": "options.minHomeDiskFree.value: 7 → 1",
        "options.listenAddresses": 'options.listenAddresses: ["x"] → ["default"]',
        "defaults.folder.paused": "defaults.folder.paused: true → false",
        "folders.docs.rescanIntervalS": "folders.docs.rescanIntervalS: 3600 → 60",
        "folders.docs.versioning.params.keep": '- folders.docs.versioning.params.keep: "3"',
        "folders.docs.devices.phone": f"- folders.docs.devices.{phone}",
        "folders.docs.label": 'folders.docs.label: "My.Papers" → ""',
        "devices.phone.name": f'devices.{phone}.name: "phone" → ""',
    }.items():
        assert cli("config", "unset", path).out == f"{line}\n"
    assert cli("config", "unset", "options.maxSendKbps").err == "nothing to change\n"
    assert here.device_id in {each["deviceID"] for each in client.config.folders("docs")["devices"]}


def test_edit(cli: Cli, editor: Callable[..., Path], tmp_path: Path, client: Syncthing) -> None:
    """The editor gets JSON without secrets, opens again after mistakes, and the changes are shown and confirmed."""
    seen = editor(
        'sed -i "s/3600,/,/" "$1"',
        'sed -i "s/: ,/: 60,/; s/\\"random\\"/\\"rendom\\"/" "$1"',
        'sed -i "s/rendom/newestFirst/" "$1"',
    )
    done = cli("config", "edit", "folders.docs", columns=80, stdin="y\n")
    assert done.status == 0
    assert sorted({line.removeprefix("~ ") for line in done.out.splitlines()}) == [
        'folders.docs.order: "random" → "newestFirst"',
        "folders.docs.rescanIntervalS: 3600 → 60",
        "folders.docs.versioning.cleanupIntervalS: 3600 → 60",
    ]
    assert "Change this? [y/N]" in done.err
    assert seen.read_text().startswith("# error: folder: order must be one of random,")
    assert client.config.folders("docs")["order"] == "newestFirst"
    assert not list(tmp_path.glob("aiosyncthing-*"))


WITHOUT_EFFECT = (
    (['sed -i "s/3600/60/" "$1"'], ["folders.docs"], 2, "error: nothing was changed"),
    (['echo "{" >"$1"', "true"], [], 2, "this is not JSON: "),
    (['echo x >>"$1"; exit 3'], ["--yes"], 1, "failed with status 3"),
    (['sed -i "s/\\"useTLS\\": false/\\"useTLS\\": true/" "$1"'], ["gui", "--yes"], 2, "may lock out"),
)


def test_edit_and_nothing_happens(cli: Cli, editor: Callable[..., Path], tmp_path: Path, client: Syncthing) -> None:
    """No change, a no, remaining mistakes and a failing editor change nothing; a text that was changed is kept."""
    before = client.config.config()
    editor("true")
    done = cli("config", "edit", columns=80)
    assert (done.status, done.err) == (0, "nothing to change\n")
    assert not list(tmp_path.glob("aiosyncthing-*"))
    for commands, options, status, message in WITHOUT_EFFECT:
        (tmp_path / "opened").unlink()
        editor(*commands)
        done = cli("config", "edit", *options, columns=80, stdin="n\n")
        assert (done.status, message in done.err) == (status, True)
        (file,) = tmp_path.glob("aiosyncthing-*")
        assert f"your text is in {file}" in done.err
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.unlink()
    for name in ("/nowhere/vi", "'"):
        assert cli("config", "edit", "--yes", env={"VISUAL": name}).status == 2
    done = cli("config", "edit")
    assert (done.status, "needs a terminal" in done.err) == (2, True)
    assert client.config.config() == before


def test_edit_loses_a_race(here: FakeSyncthing, cli: Cli, editor: Any, tmp_path: Path, client: Syncthing) -> None:
    """If someone else changes the same setting meanwhile, nothing is sent, the status is 9, and the text is kept."""
    url = f"{here.url}/rest/config/options"
    patch = f"curl -sS -X PATCH -H 'X-API-Key: {here.api_key}' -d '{{\"maxSendKbps\": 9}}' {url}"
    editor(f'{patch}; sed -i "s/\\"maxSendKbps\\": 0/\\"maxSendKbps\\": 8/" "$1"')
    done = cli("config", "edit", "options", "--yes", "--json")
    assert done.status == 9
    assert "options.maxSendKbps" in done.err
    assert client.config.options()["maxSendKbps"] == 9
    assert len(list(tmp_path.glob("aiosyncthing-*"))) == 1


def test_edit_as_document(cli: Cli, here: FakeSyncthing, editor: Callable[..., Path]) -> None:
    """The document says what was changed; a program may be the editor, with --yes."""
    editor('sed -i "s/\\"version\\"/\\"no\\": 1, \\"version\\"/" "$1"')
    assert cli("config", "edit", "--yes", "--json").status == 2  # there is no setting "no"
    editor("true", 'sed -i "s/\\"maxSendKbps\\": 0/\\"maxSendKbps\\": 8/" "$1"')
    done = cli("config", "edit", "options", "--json", columns=80, stdin="y\n")
    document = done.json()
    assert [each["path"] for each in document["changes"]] == ["options.maxSendKbps"]
    assert "~ options.maxSendKbps: 0 → 8" in done.err
    assert document["daemon"]["id"] == here.device_id


def test_export_and_diff(here: FakeSyncthing, cli: Cli, tmp_path: Path, client: Syncthing) -> None:
    """An export hides secrets, and can be compared with the daemon later, whatever was hidden in it."""
    file = tmp_path / "export.json"
    for options in ([], ["--names", "--paths"], ["--json"], ["--show-secrets"], ["--backup"]):
        done = cli("config", "export", "-o", str(file), *options)
        assert (done.status, done.out, done.err) == (0, "", f"written to {file}\n")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert (here.api_key in file.read_text()) is (options == ["--show-secrets"])
        done = cli("config", "diff", str(file), "--exit-code")
        assert (done.status, done.out, done.err) == (0, "", "no differences\n")
    assert [each.name for each in tmp_path.iterdir() if "export" in each.name] == ["export.json"]
    client.config.patch_options(maxSendKbps=5)
    client.config.remove_folder("docs")
    done = cli("config", "diff", str(file), "--exit-code")
    assert (done.status, done.out) == (8, "- folders.docs\n~ options.maxSendKbps: 0 → 5\n")
    document = cli("config", "diff", "-", "--json", stdin=file.read_text()).json()
    assert [(each["kind"], each["path"]) for each in document["changes"]] == [
        ("removed", "folders.docs"),
        ("changed", "options.maxSendKbps"),
    ]


def test_export_to_stdout(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """Without a file, the JSON goes to stdout, in lines; with --json in a document."""
    done = cli("config", "export", "--device-ids")
    assert {each["deviceID"] for each in json.loads(done.out)["devices"]} == {"device-1", "device-2"}
    assert done.out.startswith("{\n")
    assert json.loads(cli("config", "export", columns=80).out) == json.loads(cli("config", "export").out)
    document = cli("config", "export", "--backup", "--json").json()
    assert document["settings"][0]["value"]["deviceID"] == here.device_id
    assert cli("config", "export", "--show-secrets", "--names").status == 2
    assert cli("config", "export", "-o", str(tmp_path / "no" / "file")).status == 1
    file = tmp_path / "export"
    file.write_text(done.out)
    assert "it can't be compared" in cli("config", "diff", str(file)).err


NO_CONFIGURATIONS = (
    (None, "there is neither a profile nor a file called"),
    ("{", "is not JSON"),
    ("[]", "contains no configuration"),
    ('{"settings": [5]}', "contains no configuration"),
    ('{"config": {}}', "contains no configuration"),
)


def test_diff_refuses(cli: Cli, tmp_path: Path) -> None:
    """A file that is not a configuration can't be compared."""
    file = tmp_path / "other"
    for text, message in NO_CONFIGURATIONS:
        if text is not None:
            file.write_text(text)
        done = cli("config", "diff", str(file))
        assert done.status == 2
        assert message in done.err
    assert cli("config", "diff", str(tmp_path)).status == 1


def test_hostile_names(here: FakeSyncthing, cli: Cli, client: Syncthing) -> None:
    """No name controls the terminal, and the path that is shown leads back to the setting."""
    evil = 'a."b\\\x1b]0;x\x07 c'
    here.add_folder(evil, label="\u202ex")
    (line,) = [each for each in cli("config", "get").out.splitlines() if each.endswith('x"') and ".label:" in each]
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert cli("config", "set", line.partition(": ")[0], "y").status == 0
    assert client.config.folders(evil)["label"] == "y"
