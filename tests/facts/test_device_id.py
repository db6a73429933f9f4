"""`DeviceID` accepts and refuses the same texts as daemons, and normalizes them alike."""

import base64
import copy
import json
import pickle
import random
from pathlib import Path

import orjson
import pytest

from aiosyncthing import Daemon, DeviceID
from aiosyncthing.exceptions import InvalidDeviceIDError

CANONICAL = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
# From lib/protocol/deviceid_test.go.
NOTATIONS = [
    CANONICAL,
    "P56IOI-7MZJNU-2IQGDR-EYDM2M-GTMGL3-BXNPQ6-W5BTBB-Z4TJXZ-WICQ",
    "P56IOI-7MZJNU2Y-IQGDR-EYDM2M-GTI-MGL3-BXNPQ6-W5BM-TBB-Z4TJXZ-WICQ2",
    "P56IOI7 MZJNU2I QGDREYD M2MGTMGL 3BXNPQ6W 5BTB BZ4T JXZWICQ",
    "P56IOI7 MZJNU2Y IQGDREY DM2MGTI MGL3BXN PQ6W5BM TBBZ4TJ XZWICQ2",
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ",
    "p56ioi7mzjnu2iqgdreydm2mgtmgl3bxnpq6w5btbbz4tjxzwicq",
    "P561017MZJNU2YIQGDREYDM2MGTIMGL3BXNPQ6W5BMT88Z4TJXZWICQ2",
    "p561017mzjnu2yiqgdreydm2mgtimgl3bxnpq6w5bmt88z4tjxzwicq2",
    "P56IOI7-MZJNU2-IQGDREY-DM2MGT-MGL3BXN-PQ6W5B-TBBZ4TJ-XZWICQ",
    "P56IOI7MZJNU2IQGDREYDM2MGTMGL3BXNPQ6W5BTBBZ4TJXZWICQ====",
]
PLAIN = NOTATIONS[5]
REFUSED = {
    "a": "must have 56 letters and digits (52 without check characters), not 1",
    f"{PLAIN}A": "characters), not 53",
    f"{CANONICAL}A": "characters), not 57",
    f"P56IOI7-MZJNU2-IQGDREY-DM2MGT-MGL3BXN-PQ6W5B-TBBZ4TJ-XZWICQ{'CCCC'}": "check character of blocks 1 and 2",
    f"{CANONICAL[:-1]}3": "check character of blocks 7 and 8 is wrong",
    f"{CANONICAL[:20]}A{CANONICAL[21:]}": "check character of blocks 3 and 4 is wrong",
    f"{CANONICAL[:-1]}9": "can't contain '9'",
    f"{PLAIN[:-1]}9": "can't contain '9'",
    f"{CANONICAL}\n": r"can't contain '\n'",
    f"{CANONICAL[:-1]}Ä": "can't contain 'Ä'",
    f"={PLAIN[:5]}={PLAIN[5:]}": "can't contain '='",
    # Letters with two capitals in Python, but not in Go.
    **{letter * 26: f"can't contain '{letter}'" for letter in "ßﬁŉ"},
}


@pytest.mark.parametrize("text", NOTATIONS)
def test_notations(text: str) -> None:
    """Every notation becomes the same canonical text."""
    device_id = DeviceID(text)
    assert device_id == CANONICAL
    assert str(device_id) == CANONICAL
    assert device_id.short == "P56IOI7"
    assert len(device_id.raw) == 32


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_refused(text: str, reason: str) -> None:
    """The error, which is a ValueError too, shows the text and the reason."""
    with pytest.raises(InvalidDeviceIDError, match="is not a device ID") as caught:
        DeviceID(text)
    assert isinstance(caught.value, ValueError)
    assert reason in str(caught.value)
    assert repr(text) in str(caught.value)
    assert ("find_device" in caught.value.remedy) == (len(text) < 40), "it may be a name"


def test_long_nonsense_is_cut() -> None:
    """The message stays short, however long the text is."""
    with pytest.raises(InvalidDeviceIDError) as caught:
        DeviceID("x" * 10_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["", "=", "---", "  ", "A" * 52, "A" * 56])
def test_empty(text: str) -> None:
    """The empty ID is valid in all its notations: Syncthing uses it where there is no device."""
    device_id = DeviceID(text)
    assert device_id == ""
    assert device_id.short == ""
    assert device_id.raw == bytes(32)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (bytes(range(32)), "AAAQEAY-EAUDAOB-CAJBIFQ-YDIOB4B-IBCEQTC-QKRMFYX-YDENBWH-A5DYPQG"),
        (b"\xff" * 32, "7777777-777777N-7777777-777777N-7777777-777777N-7777777-77777Q4"),
        (b"abcdefghijklmnopqrstuvwxyz" * 2, None),
        (bytes(32), ""),
        (b"", None),
    ],
)
def test_from_bytes(data: bytes, text: str | None) -> None:
    """Exactly 32 bytes make an ID, which has them as `raw`."""
    if text is None:
        with pytest.raises(InvalidDeviceIDError, match=f"32 bytes, not {len(data)}"):
            DeviceID.from_bytes(data)
    else:
        device_id = DeviceID.from_bytes(data)
        assert device_id == text
        assert type(device_id) is DeviceID
        assert device_id.raw == data


def test_random_bytes_survive() -> None:
    """Any bytes survive every notation, and any wrong character is noticed."""
    generator = random.Random(1)
    for _ in range(200):
        data = generator.randbytes(32)
        device_id = DeviceID.from_bytes(data)
        plain = base64.b32encode(data).decode().rstrip("=")
        assert DeviceID(plain) == DeviceID(device_id.lower().replace("-", "")) == DeviceID(device_id) == device_id
        place = generator.choice([index for index, digit in enumerate(device_id) if digit != "-"])
        other = generator.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".replace(device_id[place], ""))
        with pytest.raises(InvalidDeviceIDError):
            DeviceID(device_id[:place] + other + device_id[place + 1 :])


def test_surplus_bits_are_dropped() -> None:
    """Only one bit of the 52nd digit counts; the others are accepted and dropped."""
    assert {DeviceID(PLAIN[:-1] + digit) for digit in "QRSTUVWXYZ234567"} == {CANONICAL}
    assert {DeviceID(PLAIN[:-1] + digit) for digit in "ABCDEFGHIJKLMNOP"} != {CANONICAL}


def test_it_is_a_string() -> None:
    """It works wherever a string does, and keeps its type when copied or pickled."""
    device_id = DeviceID(PLAIN)
    assert {device_id: 1}[CANONICAL] == 1
    assert json.loads(json.dumps({device_id: device_id})) == {CANONICAL: CANONICAL}
    assert orjson.loads(orjson.dumps([device_id])) == [CANONICAL]
    assert f"{device_id}" == CANONICAL
    assert DeviceID(device_id) is device_id
    for twin in (copy.copy(device_id), copy.deepcopy(device_id), pickle.loads(pickle.dumps(device_id))):
        assert twin == device_id
        assert type(twin) is DeviceID


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (b"", "not a complete certificate"),
        ("hello", "not a complete certificate"),
        (b"\x30\x03\x02\x01\x01", "not a complete certificate"),
        (b"\x30\x82\x01", "not a complete certificate"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a complete certificate"),
        ("-----BEGIN CERTIFICATE-----\nA!AA\n-----END CERTIFICATE-----\n", "damaged"),
        ("-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n", "damaged"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "not a complete certificate"),
    ],
)
def test_incomplete_certificates(certificate: bytes | str, reason: str) -> None:
    """They are refused, rather than giving a wrong ID."""
    with pytest.raises(InvalidDeviceIDError, match=reason):
        DeviceID.from_certificate(certificate)


@pytest.mark.daemon
async def test_agrees_with_daemons(syncthing_binary: Path) -> None:
    """A daemon derives the same ID from its certificate, and parses every text alike."""
    async with Daemon(binary=syncthing_binary) as daemon:
        pem = (daemon.home / "cert.pem").read_text()
        der = base64.b64decode("".join(pem.splitlines()[1:-1]))
        status = await daemon.client.system.status()
        assert DeviceID.from_certificate(pem) == status["myID"]
        assert DeviceID.from_certificate(pem.encode()) == status["myID"]
        assert DeviceID.from_certificate(pem.replace("\n", "\r\n") + pem) == status["myID"]
        assert DeviceID.from_certificate(der) == status["myID"]
        with pytest.raises(InvalidDeviceIDError):
            DeviceID.from_certificate(der[:-1])

        surplus = [PLAIN[:-1] + digit for digit in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"]
        odd = ["", "=", "-", "====", "A" * 52, "A" * 56, "Z" * 52, "\u0131" + PLAIN[1:], status["myID"].lower()]
        for text in [*NOTATIONS, *REFUSED, *surplus, *odd]:
            answer = await daemon.client.api.request("rest/svc/deviceid", {"id": text})
            try:
                ours = {"id": str(DeviceID(text))}
            except InvalidDeviceIDError:
                assert "error" in answer, text
            else:
                assert answer == ours, text
