"""`DeviceID` and the daemon agree on what a device ID is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.exceptions import InvalidDeviceIDError

from .conftest import STRANGER

if TYPE_CHECKING:
    from aiosyncthing import Daemon

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


def variants(source: random.Random) -> list[str]:
    """Return made-up IDs: valid ones, and some with a mistake."""
    found: list[str] = []
    for _ in range(20):
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


@pytest.mark.parametrize("text", NOTATIONS)
async def test_notations(a: Daemon, text: str) -> None:
    """All notations of an ID mean the same."""
    assert await agreed(a, text) == STRANGER


@pytest.mark.parametrize(
    "text", ["a", "-", "ü", "ß" * 26, "P56IOI7-MZJNU2Y", STRANGER + "A", STRANGER.replace("P5", "P6"), "1" * 52]
)
async def test_what_is_none(a: Daemon, text: str) -> None:
    """What is invalid for one is invalid for the other."""
    await agreed(a, text)


async def test_made_up_ones(a: Daemon) -> None:
    """Both agree on valid and slightly wrong IDs."""
    judged = [await agreed(a, text) for text in variants(random.Random(1))]
    assert None in judged
    assert len({each for each in judged if each}) >= 20


async def test_its_own(a: Daemon) -> None:
    """The ID derived from the daemon's certificate is the one it reports."""
    assert a.device_id == (await a.client.system.status())["myID"]
    assert a.device_id == DeviceID.from_certificate((a.home / "cert.pem").read_bytes())
