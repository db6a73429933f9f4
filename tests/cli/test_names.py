"""Looking up folders and devices: exact matches first, and no guesses."""

import re
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.cli import names
from aiosyncthing.cli.errors import UnknownNameError, UsageError, hint_of, status_of
from aiosyncthing.exceptions import AmbiguousNameError, NotFoundError
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

NAS = "6ZPXTNO-TUH7BXV-NRFMB42-LYU64CP-6VPVNJQ-4IFP7PG-YYK3VIN-YXAQ3AV"
PI = "IF5ZUTF-EERPN4K-EN3DRT3-WOQLUA6-LMF3NN2-UR4IRBB-L2SDOKV-BNYKXAY"


def folder(folder_id: str, label: str = "", path: str = "/nowhere") -> Any:
    """Return the relevant part of a folder."""
    return {"id": folder_id, "label": label, "path": path}


def device(device_id: str, name: str) -> Any:
    """Return the relevant part of a device."""
    return {"deviceID": device_id, "name": name}


FOLDERS = [
    folder("docs", "Papers"),
    folder("abc-1", "docs"),
    folder("photos", "Pictures"),
    folder("p2", "pictures"),
    folder("a:b", "with colon"),
    folder("m1", "Music"),
    folder("m2", "music"),
    folder("M3", "MUSIC"),
]
DEVICES = [device(NAS, "nas"), device(PI, "Pi")]


def test_folders_and_devices() -> None:
    """IDs, names, and names in another case, as in the library, but no beginning of a folder's ID."""
    for text in ("docs", "Papers", "PAPERS"):
        assert names.find_folder(text, FOLDERS)["id"] == "docs"
    for text in (PI, PI.lower().replace("-", ""), "Pi", "pi", "if5zutf"):
        assert names.find_device(text, DEVICES)["deviceID"] == PI
    with pytest.raises(NotFoundError, match="the daemon has no folder 'photo'"):
        names.find_folder("photo", FOLDERS)


def test_mistakes() -> None:
    """A typo gets the nearest name; several matches are listed; anything else gets a hint where to look.

    An empty name is refused, since the daemon would take it as all.
    """
    with pytest.raises(NotFoundError, match=r"did you mean 'Papers' \(docs\)\?"):
        names.find_folder("Paperss", FOLDERS)
    with pytest.raises(NotFoundError) as unknown:
        names.find_device("zzz", DEVICES)
    assert (status_of(unknown.value), hint_of(unknown.value)) == (5, "`aiosyncthing devices` lists them")
    with pytest.raises(AmbiguousNameError, match=r"'mUsic' matches several folders: 'Music' \(m1\), ") as several:
        names.find_folder("mUsic", FOLDERS)
    assert (status_of(several.value), hint_of(several.value)) == (5, "use the ID")
    for find in (names.find_folder, names.find_device, names.find_place):
        with pytest.raises(UsageError, match="must not be empty"):
            find("", [])


def test_folder_or_device() -> None:
    """A name of both a folder and a device needs a prefix."""
    both = [*FOLDERS, folder("nas")]
    assert names.find_either("docs", both, DEVICES) == ("folder", FOLDERS[0])
    assert names.find_either("pi", both, DEVICES) == ("device", DEVICES[1])
    assert names.find_either("folder:nas", both, DEVICES) == ("folder", both[-1])
    assert names.find_either("device:nas", both, DEVICES) == ("device", DEVICES[0])
    with pytest.raises(UnknownNameError, match="'nas' is both a folder and a device") as caught:
        names.find_either("nas", both, DEVICES)
    assert caught.value.hint == "use folder:nas or device:nas"
    with pytest.raises(UnknownNameError, match="the daemon has no folder or device 'nop'"):
        names.find_either("nop", both, DEVICES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docs", ("docs", "")),
        ("docs:", ("docs", "")),
        ("docs:./a//b/", ("docs", "a/b")),
        ("Papers:a:b", ("docs", "a:b")),
        ("a:b", ("a:b", "")),
        ("a:b:c", ("a:b", "c")),
    ],
)
def test_places(text: str, expected: tuple[str, str]) -> None:
    """A path follows a colon, which may also be part of a name."""
    place = names.find_place(text, FOLDERS)
    assert (place.folder["id"], place.path) == expected


def test_no_places() -> None:
    """A path outside the folder is refused, with the reason; of an unknown one, what is before the colon is named."""
    for path in ("../x", "a/../../b"):
        with pytest.raises(UsageError, match=f"^'{re.escape(path)}' must be a path in the folder, without '..'$"):
            names.find_place(f"docs:{path}", FOLDERS)
    with pytest.raises(UsageError, match=r"^'/etc' must be a path in the folder, without a leading slash$"):
        names.find_place("docs:/etc", FOLDERS)
    with pytest.raises(NotFoundError, match="the daemon has no folder 'nop'"):
        names.find_place("nop:a", FOLDERS)


def test_a_path_without_a_dot(here: FakeSyncthing, cli: Cli) -> None:
    """Where a name is unknown and looks like a path of this computer, the hint says how to write one."""
    here.add_folder("docs")
    for command in ("ls", "folders"):
        done = cli(command, "data/nas/docs/sub")
        assert (done.status, done.err.splitlines()[1]) == (5, "hint: for a local path write ./data/nas/docs/sub")
    assert cli("ls", "nope:a/b").err.splitlines()[1] == "hint: `aiosyncthing folders` lists them"


def test_paths_are_told_from_names() -> None:
    """A text that begins like a path is one."""
    assert all(map(names.is_path, (".", "..", "./x", "../x", "/x", "~/x")))
    assert not any(map(names.is_path, ("docs", ".x")))


def test_the_folder_of_a_path(tmp_path: Path) -> None:
    """The innermost that contains the path; ``~`` is the daemon's, links are followed, and there must be only one."""
    (tmp_path / "home/outer/inner/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home/outer")
    folders = [folder("outer", path="~/outer"), folder("inner", path=str(tmp_path / "home/outer/inner") + "/")]
    tilde = str(tmp_path / "home")

    def found(path: str) -> tuple[str, str]:
        place = names.place_of_path(str(tmp_path / path), folders, tilde)
        return place.folder["id"], place.path

    assert found("home/outer") == ("outer", "")
    assert found("home/outer/a/b") == ("outer", "a/b")
    assert found("home/outer/inner/deep") == ("inner", "deep")
    assert found("link/x") == ("outer", "x")
    with pytest.raises(UnknownNameError, match="is not in any folder of this daemon"):
        found("home")
    folders.append(folder("another", path="~/outer"))
    with pytest.raises(AmbiguousNameError, match=r"several folders are at .*: outer, another"):
        found("home/outer")
