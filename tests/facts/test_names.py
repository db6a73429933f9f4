"""Which folder or device a name means."""

from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, strategies as st

from aiosyncthing import DeviceID, Syncthing
from aiosyncthing.exceptions import AmbiguousNameError, InvalidResponseError, UnknownDeviceError, UnknownFolderError
from aiosyncthing.names import find_device_id, find_folder_id
from tests.support.calls import refused
from tests.support.server import KEY, Server, as_json
from tests.support.values import OTHER, THIRD

LABELS = {
    "docs": "Photos",
    "Docs": "docs",
    "abcd-1234": "Music",
    "abcd-9999": "MUSIC",
    "x": "Straße",
    "y": "Cafe\u0301",
    "music-1": "",
}
TWIN = f"{OTHER[:7]}-{THIRD[8:]}"  # its first block is that of another ID
NAMES = {OTHER: "phone", THIRD: "Phone", TWIN: "nas", "AAAAAAA": "tablet"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("docs", "docs"),  # the ID comes before the label of another
        ("Docs", "Docs"),
        ("Photos", "docs"),
        ("PHOTOS", "docs"),
        ("Music", "abcd-1234"),  # a label in the right case comes before one in another
        ("music", {"abcd-1234", "abcd-9999"}),  # and labels in any case before the beginning of an ID
        ("STRASSE", "x"),
        ("caf\u00e9", "y"),
        ("music-", "music-1"),
        ("abcd-1", "abcd-1234"),
        ("abcd", {"abcd-1234", "abcd-9999"}),
        ("ABCD-1", None),  # IDs differ in case
        ("bcd", None),
    ],
)
def test_folders(text: str, found: str | set[str] | None) -> None:
    """The first step with a hit decides."""
    _check(lambda: find_folder_id(text, LABELS), found, LABELS, UnknownFolderError)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (OTHER, OTHER),
        (OTHER.lower().replace("-", ""), OTHER),
        ("phone", OTHER),
        ("Phone", THIRD),
        ("PHONE", {OTHER, THIRD}),
        (OTHER[:7], {OTHER, TWIN}),
        (OTHER[:9], OTHER),
        (OTHER[:9].lower().replace("-", ""), OTHER),
        (THIRD[:7].replace("O", "0"), THIRD),
        (THIRD[:6], None),
        (THIRD[1:], None),
        ("-------", None),
    ],
)
def test_devices(text: str, found: str | set[str] | None) -> None:
    """IDs may be written in any way that Syncthing accepts, and begun with a whole block at least."""
    _check(lambda: find_device_id(text, NAMES), found, NAMES, UnknownDeviceError)


def _check(find: Callable[[], str], found: str | set[str] | None, names: Mapping[str, str], unknown: Any) -> None:
    if isinstance(found, str):
        assert find() == found
    elif found is None:
        with pytest.raises(unknown):
            find()
    else:
        with pytest.raises(AmbiguousNameError) as caught:
            find()
        assert caught.value.candidates == {each: names[each] for each in found}
        assert all(each in str(caught.value) for each in found)
        assert isinstance(caught.value, LookupError)


def test_without_beginnings() -> None:
    """Programs whose input must mean the same for ever can refuse the beginnings of IDs."""
    assert find_folder_id("abcd-1234", LABELS, shortest=None) == "abcd-1234"
    with pytest.raises(UnknownFolderError):
        find_folder_id("abcd-1", LABELS, shortest=None)
    assert find_device_id("nas", NAMES, shortest=None) == TWIN
    with pytest.raises(UnknownDeviceError):
        find_device_id(OTHER[:9], NAMES, shortest=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Musik", "the daemon has no folder 'Musik'; did you mean 'Music' (abcd-1234) or 'MUSIC' (abcd-9999) or"),
        ("qqqq", "the daemon has no folder 'qqqq'"),
        ("\x1b]0;", r"the daemon has no folder '\x1b]0;'"),
    ],
)
def test_what_a_mistake_says(text: str, message: str) -> None:
    """Similar names are suggested with their IDs. What others have named is quoted, so that it can't do harm."""
    with pytest.raises(UnknownFolderError) as caught:
        find_folder_id(text, LABELS)
    assert str(caught.value).startswith(message)
    assert ("did you mean" in str(caught.value)) == ("did you mean" in message)


def test_too_little_of_an_id() -> None:
    """It says how much is needed, rather than what has a similar name."""
    with pytest.raises(UnknownDeviceError, match="the beginning of an ID must have at least 7 characters"):
        find_device_id(THIRD[:5], NAMES)


def test_many_candidates() -> None:
    """The text lists the first ones, the attribute all."""
    with pytest.raises(AmbiguousNameError, match="and 90 more") as caught:
        find_folder_id("same", {f"id-{number}": "same" for number in range(100)})
    assert len(caught.value.candidates) == 100


_WORDS = st.text(st.sampled_from("abAB-\u00df\u0130e\u0301\u00e9"), max_size=4)


@given(labels=st.dictionaries(_WORDS.filter(bool), _WORDS, max_size=6), text=_WORDS.filter(bool))
def test_any_folders(labels: dict[str, str], text: str) -> None:
    """The first of the steps that has a hit decides, and several hits are ambiguous."""

    def fold(word: str) -> str:
        return normalize("NFC", normalize("NFC", word).casefold())

    steps = (
        {each for each in labels if each == text},
        {each for each, label in labels.items() if label == text},
        {each for each, label in labels.items() if fold(label) == fold(text)},
        {each for each in labels if each.startswith(text)},
    )
    hits = next(filter(None, steps), set[str]())
    expected = next(iter(hits)) if len(hits) == 1 else hits or None
    _check(lambda: find_folder_id(text, labels), expected, labels, UnknownFolderError)


@given(
    keys=st.lists(st.binary(min_size=32, max_size=32).filter(any), min_size=1, max_size=4, unique=True),
    length=st.integers(7, 56),
    dashes=st.booleans(),
    capitals=st.booleans(),
)
def test_any_devices(keys: list[bytes], length: int, *, dashes: bool, capitals: bool) -> None:
    """Any beginning of an ID from a block on finds its device, unless another ID begins the same."""
    names = {str(DeviceID.from_bytes(key)): "" for key in keys}
    wanted = next(iter(names))
    begins = wanted.replace("-", "")[:length]
    text = "-".join(begins[start : start + 7] for start in range(0, length, 7)) if dashes else begins
    same = {each for each in names if each.replace("-", "").startswith(begins)}
    _check(
        lambda: find_device_id(text if capitals else text.lower(), names),
        wanted if len(same) == 1 else same,
        names,
        UnknownDeviceError,
    )


@pytest.mark.parametrize("method", ["find_folder", "find_device"])
async def test_an_empty_name(method: str) -> None:
    """It is refused before anything is sent."""
    for nothing in ("", None):
        await refused(method, nothing)


async def test_folders_without_labels() -> None:
    """An odd answer is an error, or has no label."""
    answers = as_json([{"id": "a"}]), as_json([{"id": "a", "label": None}])
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        assert await client.find_folder("a") == {"id": "a"}
        with pytest.raises(InvalidResponseError, match="label: expected a string, got null"):
            await client.find_folder("a")
