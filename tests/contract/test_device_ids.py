"""`DeviceID` and the daemon agree on what a device ID is, and clients find folders and devices by ID or name."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from aiosyncthing import DeviceID, Syncthing
from aiosyncthing.exceptions import AmbiguousNameError, InvalidDeviceIDError, UnknownDeviceError

from .conftest import STRANGER

if TYPE_CHECKING:
    from aiosyncthing import Daemon

    from .conftest import Pair
    from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")

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
