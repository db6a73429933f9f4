"""IDs and names are data: odd ones arrive unchanged everywhere, and find what they name."""

import random

import pytest

from aiosyncthing import Daemon, DeviceID, Syncthing
from aiosyncthing.exceptions import (
    AmbiguousNameError,
    BadRequestError,
    InvalidDeviceIDError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.waiting import until

from .conftest import STRANGER, Pair
from .folders import Folders, write_files

pytestmark = pytest.mark.asyncio(loop_scope="package")

FOLDER_IDS = [
    ".",
    "..",
    "/",
    "../../system/shutdown",
    "a b?#%&+;=",
    "%2F%2e%2e",
    "ünïcode ✓ 𝄞 quote'\"<>&lt;",
    "back\\slash tab\there",
    "null",
]
FILES = [
    *("sp ace", " leading and trailing ", "?#%&+;=", "%2F", "ünïcode ✓ 𝄞", "quote'\"<>", "back\\slash", "new\nline"),
    *("-dash", "a+b/c d/e&f#g?.txt", "..."),
]


@pytest.mark.parametrize("folder_id", FOLDER_IDS)
async def test_odd_folder_ids(lone: Daemon, folders: Folders, folder_id: str) -> None:
    """Every method with a folder ID accepts any."""
    client = lone.client
    folder = await folders.add(
        lone, folder_id, files=["x", "d/y"], type="receiveonly", versioning={"type": "simple", "params": {"keep": "1"}}
    )
    assert (await client.config.folders(folder_id))["id"] == folder_id
    await client.config.patch_folder(folder_id, label="läbel", devices=[])
    assert (await client.config.folders(folder_id))["label"] == "läbel"
    assert folder_id in {each["id"] for each in await client.config.folders()}
    assert folder_id in await client.stats.folders()

    await client.database.scan(folder_id, sub=["x"])
    assert (await client.database.status(folder_id))["localFiles"] == 2
    assert (await client.database.completion(folder_id))["completion"] == 100
    await client.database.completion(folder_id, lone.device_id)
    assert await folder.walk() == []  # what is new in a receive-only folder is not in the global tree
    assert await client.database.browse(folder_id) == []
    assert (await client.database.file(folder_id, "x"))["local"]["name"] == "x"
    assert await client.database.need(folder_id)
    assert [item async for item in client.database.iter_need(folder_id)] == []
    remote = (await client.database.remote_need(folder_id, lone.device_id))["files"]
    assert [item async for item in client.database.iter_remote_need(folder_id, lone.device_id)] == remote
    assert len((await client.database.local_changed(folder_id))["files"]) == 3
    assert [item async for item in client.database.iter_local_changed(folder_id, perpage=1)]
    assert (await client.database.prioritize(folder_id, "x"))["queued"] == []
    with pytest.raises(BadRequestError, match="not sendonly"):
        await client.database.override(folder_id)
    assert (await client.database.set_ignores(folder_id, ["z"]))["ignore"] == ["z"]
    assert (await client.database.ignores(folder_id))["ignore"] == ["z"]
    assert (await client.folder.errors(folder_id))["folder"] == folder_id
    assert [error async for error in client.folder.iter_errors(folder_id)] == []
    assert await client.folder.versions(folder_id) == {}
    assert await client.folder.restore(folder_id, {}) == {}
    assert (await client.debug.file(folder_id, "x"))["local"]["name"] == "x"

    await client.database.revert(folder_id)

    await until(folder.is_reverted)
    assert not (folder.path / "x").exists()

    whole = await client.config.folders(folder_id)
    await client.config.set_folder({**whole, "label": "other"})
    assert await client.config.folders(folder_id) == {**whole, "label": "other"}
    await client.config.remove_folder(folder_id)
    with pytest.raises(UnknownFolderError):
        await client.config.folders(folder_id)
    with pytest.raises(UnknownFolderError):
        await client.config.remove_folder(folder_id)
    await client.system.ping()  # nothing odd has happened


async def test_odd_device_ids(lone: Daemon) -> None:
    """An invalid device ID leads nowhere else."""
    client = lone.client
    before = await client.config.config()
    for device_id in ("a/b", ".", "..", "?", "rest/../config"):
        for change in (client.config.remove_device, client.system.pause):
            with pytest.raises(BadRequestError):
                await change(device_id)
        with pytest.raises(BadRequestError):
            await client.config.patch_device(device_id, name="x")
    assert await client.config.config() == before


async def test_odd_file_names(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Files with any name are found, walked, synced, restored and prioritized."""
    versioning = {"type": "simple", "params": {"keep": "2"}}
    mine, its = await folders.share(a, b, files=FILES, versioning=versioning)
    database = a.client.database
    for name in FILES:
        answer = await database.file(mine.id, name)
        assert answer["global"]["name"] == name
        assert (its.path / name).read_text() == "some text"
        assert await database.prioritize(mine.id, name)
        await database.scan(mine.id, sub=name)
    directories = ["a+b", "a+b/c d"]
    assert sorted(await mine.walk()) == sorted(FILES + directories)
    for directory in directories:
        assert "a+b/c d/e&f#g?.txt" in await mine.walk(directory)
    assert [entry["name"] for entry in await database.browse(mine.id, "a+b/c d")] == ["e&f#g?.txt"]

    patterns = ["/?#%&+;=", "/new line", "/back\\\\slash", "// ünïcode ✓ 𝄞"]
    assert (await database.set_ignores(mine.id, patterns))["ignore"] == patterns
    await database.set_ignores(mine.id, [])

    write_files(mine.path, FILES, "second")
    await mine.scan()
    await until(lambda: mine.has_sent_all_to(its))
    versions = await b.client.folder.versions(its.id)
    assert set(versions) >= set(FILES) - {"..."}  # the daemon itself can't read the version's name of that one


async def test_odd_labels_and_names(lone: Daemon, folders: Folders) -> None:
    """Labels and names are kept to the letter."""
    text = "<b>&amp;\u2028'\"\\ ünïcode ✓ 𝄞 %s {} \t."
    folder = await folders.add(lone, label=text)
    await lone.client.config.patch_device(lone.device_id, name=text)
    assert (await lone.client.config.folders(folder.id))["label"] == text
    assert (await lone.client.config.devices(lone.device_id))["name"] == text


# --- Device IDs, and how clients find folders and devices ---

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
NOTATIONS = [
    "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2",
    "P56IOI-7MZJNU-2IQGDR-EYDM2M-GTMGL3-BXNPQ6-W5BTBB-Z4TJXZ-WICQ",
    "P56IOI7 MZJNU2I QGDREYD M2MGTMGL 3BXNPQ6W 5BTB BZ4T JXZWICQ",
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ",
    "p561017mzjnu2yiqgdreydm2mgtimgl3bxnpq6w5bmt88z4tjxzwicq2",
    "P56IOI7MZJNU2YIQGDREYDM2MGTIMGL3BXNPQ6W5BMTBBZ4TJXZWICQ2====",
]
INVALID = ["a", "-", "ü", "ß" * 26, "P56IOI7-MZJNU2Y", STRANGER + "A", STRANGER.replace("P5", "P6"), "1" * 52]


def variants(source: random.Random) -> list[str]:
    """Return made-up IDs: valid ones, and some with a mistake."""
    found: list[str] = []
    for _ in range(10):
        plain = "".join(source.choices(ALPHABET, k=51)) + source.choice("AQ")
        right = str(DeviceID(plain))
        place = source.randrange(len(right))
        other = source.choice(ALPHABET + "0189-= ")
        found += [plain, right, right.lower(), right[:place] + other + right[place + 1 :], right[:place], right + other]
        found.append(plain[:-1] + source.choice(ALPHABET))
    return found


async def agreed(daemon: Daemon, text: str) -> str | None:
    """Return the canonical ID on which both agree; ``None`` for an invalid one."""
    try:
        here: str | None = str(DeviceID(text))
    except InvalidDeviceIDError:
        here = None
    try:
        there: str | None = (await daemon.client.svc.device_id(text))["id"]
    except InvalidDeviceIDError:
        there = None
    assert here == there, text
    return here


async def test_notations(a: Daemon) -> None:
    """All notations of an ID mean the same, and what is invalid for one is invalid for the other."""
    assert [await agreed(a, text) for text in NOTATIONS] == [STRANGER] * len(NOTATIONS)
    for text in INVALID:
        await agreed(a, text)
    judged = [await agreed(a, text) for text in variants(random.Random(1))]
    assert None in judged
    assert len({each for each in judged if each}) >= 10


async def test_its_own(a: Daemon) -> None:
    """The ID derived from the daemon's certificate is the one it reports."""
    assert a.device_id == (await a.client.system.status())["myID"]
    assert a.device_id == DeviceID.from_certificate((a.home / "cert.pem").read_bytes())


async def test_what_a_device_is_called(pair: Pair) -> None:
    """A client finds out who its daemon is, and finds devices by name, and by their IDs in any notation."""
    a, b = pair.a, pair.b
    before = await a.client.config.devices(b.device_id)
    async with Syncthing(a.api_key, a.url) as client:
        assert await client.device_id() == a.device_id
        await client.config.patch_device(b.device_id, name="Näme")
        for text in (b.device_id, b.device_id.lower().replace("-", ""), b.device_id[:7], "Näme", "NÄME"):
            assert (await client.find_device(text))["deviceID"] == b.device_id
        await client.config.patch_device(b.device_id, name=before["name"])
        with pytest.raises(UnknownDeviceError):
            await client.find_device(STRANGER)


async def test_what_a_folder_is_called(lone: Daemon, folders: Folders) -> None:
    """A client finds folders by label and by the beginning of an ID; what may mean several is refused."""
    for folder_id, label in (("names-1", "Same"), ("names-2", "Same"), ("names-30", "names-1")):
        await folders.add(lone, folder_id, label=label)
    for text, folder_id in (("names-1", "names-1"), ("NAMES-1", "names-30"), ("names-3", "names-30")):
        assert (await lone.client.find_folder(text))["id"] == folder_id
    for text in ("same", "names-"):
        with pytest.raises(AmbiguousNameError) as caught:
            await lone.client.find_folder(text)
        assert {"names-1", "names-2"} <= caught.value.candidates.keys()
