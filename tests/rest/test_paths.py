"""The paths that a new folder may have."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.config import diff
from aiosyncthing.config.edits.moves import moved, refuse_moves
from aiosyncthing.config.paths import Machine, objection, refuse_path
from aiosyncthing.exceptions import BadRequestError

LINUX = Machine("/home/user", "/", "linux", ("/var/lib/syncthing",), "/var/lib/syncthing/index-v2")
OLD = Machine("/home/user", "/", "linux")
MAC = Machine("/Users/user", "/", "darwin", ("/Users/user/Library/Application Support/Syncthing",))
WINDOWS = Machine("C:\\Users\\User", "\\", "windows", ("C:\\Users\\User\\AppData\\Local\\Syncthing",))
HOMELESS = Machine("", "/", "linux", ("/srv/syncthing",))

DOCS = [("docs", "/srv/docs"), ("mine", "~/mine"), ("relative", "somewhere")]
PREFIXES = ("\\\\?\\", "//?/", "\\\\.\\")


@pytest.mark.parametrize(
    ("machine", "path", "reason"),
    [
        # The home directory, or what contains it, in any notation.
        *((LINUX, path, "home directory") for path in ("~", "~/", "~/x/..", "/home/user", "/home/./user//", "/home")),
        *((LINUX, path, "home directory") for path in ("/", "//", "//home/user", "/x/../../home/user")),
        *(
            (WINDOWS, path, "home directory")
            for path in (
                "~",
                "~\\",
                "c:/users/USER",
                "C:\\",
                "C:\\Users \\User.",
                *(f"{each}C:\\Users\\User" for each in PREFIXES),
            )
        ),
        *((MAC, path, "home directory") for path in ("~", "/users/USER")),
        # The daemon's own home, or what contains it.
        *((LINUX, path, "own home") for path in ("/var/lib/syncthing", "/var/lib", "/var/lib/x/../syncthing/")),
        (LINUX, "/var/lib/syncthing", "is the daemon's own home"),
        (LINUX, "/var/lib", "contains the daemon's own home"),
        # Its database, and what is in there; where the daemon doesn't say, by its name.
        *((LINUX, f"/var/lib/syncthing/index-v2{rest}", "in the daemon's own database") for rest in ("", "/", "/x")),
        *((OLD, f"/srv/x/index-v0.14.0.db{rest}", "in the daemon's own database") for rest in ("", "/x")),
        (MAC, "~/library/application support/SYNCTHING", "own home"),
        (WINDOWS, "~/AppData", "own home"),
        (HOMELESS, "/srv", "own home"),
        # One of its usual places, where it doesn't say.
        *(
            (OLD, path, "own home")
            for path in ("~/.config/syncthing", "~/.config", "~/.local/state", "~/AppData/Local")
        ),
        # Other folders.
        *((LINUX, path, "that of the folder 'docs'") for path in ("/srv/docs", "/srv/docs/", "/srv/x/../docs")),
        *((LINUX, path, "inside the folder 'docs'") for path in ("/srv/docs/x", "/srv//docs/./x/y")),
        (LINUX, "/srv", "around the folder 'docs'"),
        *((LINUX, path, "that of the folder 'mine'") for path in ("~/mine", "/home/user/mine")),
        (MAC, "/SRV/docs/x", "inside the folder 'docs'"),
        # Relative paths.
        *((LINUX, path, "relative") for path in ("docs", "./docs", "../docs", "~user/docs", "C:\\docs")),
        *((WINDOWS, path, "relative") for path in ("docs", "C:docs", "\\docs", "~user")),
        (HOMELESS, "~x", "relative"),
        (LINUX, "/srv/a\0b", "null character"),
    ],
)
def test_refused_paths(machine: Machine, path: str, reason: str) -> None:
    """A path that would share private files, or those of another folder, is refused with the reason."""
    found = objection(path, machine, DOCS)
    assert found is not None
    assert reason in found
    assert repr(path) in found


@pytest.mark.parametrize(
    ("machine", "folder", "path", "found"),
    [
        # On Windows, both separators count, and neither case nor dots and spaces at the end do.
        *(
            (WINDOWS, "D:\\Data\\Docs", path, found)
            for path, found in (
                *(("d:/data/docs", "that of"), ("D:\\DATA\\docs\\x", "inside"), ("D:/Data", "around")),
                *(("D:\\x\\..\\data\\docs", "that of"), ("D:\\Data\\Docs. .", "that of")),
            )
        ),
        (WINDOWS, "\\\\SERVER\\share\\x\\", "\\\\?\\unc\\server\\Share\\x", "that of"),
        # On macOS, a letter with its accent is the same as the letter and the accent.
        (MAC, "/Data/e\u0301", "/data/\u00e9/x", "inside"),
    ],
)
def test_other_spellings(machine: Machine, folder: str, path: str, found: str) -> None:
    """Each system has its own ways to write the same path."""
    assert f"{found} the folder 'docs'" in (objection(path, machine, [("docs", folder)]) or "")


@pytest.mark.parametrize(
    ("machine", "path"),
    [
        (LINUX, "~/docs"),
        (LINUX, "/home/user2"),
        (LINUX, "/srv/docs2"),
        (LINUX, "/srv/Docs"),
        (LINUX, "/var/lib/syncthing/folders"),
        (LINUX, "/srv/index-v0.14.0.db"),
        (OLD, "/srv/index-v2"),
        (OLD, "~/.config/syncthing-folders"),
        (WINDOWS, "E:\\Data"),
        (WINDOWS, "~\\Documents"),
        (WINDOWS, "\\\\server\\share\\docs"),
        (HOMELESS, "/home"),
    ],
)
def test_allowed_paths(machine: Machine, path: str) -> None:
    """Nothing else is refused: neither a similar name, nor what lies in the home directory."""
    assert objection(path, machine, DOCS) is None


def test_nested_folders() -> None:
    """If folders may be nested, one may be inside or around others; all else still matters."""
    for path in ("/srv/docs/x", "/srv"):
        assert objection(path, LINUX, DOCS, nested=True) is None
    for path in ("~", "/var/lib", "docs"):
        assert objection(path, LINUX, DOCS, nested=True)


def test_one_directory_for_two_folders() -> None:
    """No two folders have the same directory, nested or not; that counts more than another folder around it."""
    for path in ("/srv/docs", "/srv/docs/", "/srv/x/../docs"):
        for nested in (False, True):
            found = objection(path, LINUX, [("all", "/srv"), *DOCS], nested=nested)
            assert found == f"the path {path!r} is that of the folder 'docs' (/srv/docs)"
            with pytest.raises(BadRequestError, match="that of the folder 'docs'") as caught:
                refuse_path(path, LINUX, DOCS, nested=nested)
            assert caught.value.remedy == ""


def edited(*folders: dict[str, Any], machine: Machine = LINUX, nested: bool = False) -> dict[str, str]:
    """Replace folders of a configuration by these, and return the paths that are new."""
    before = {
        "folders": [
            {"id": "docs", "path": "/srv/docs", "label": ""},
            {"id": "inner", "path": "/srv/docs/x"},
            {"id": "all", "path": "~"},
            {"id": "fake", "path": "x", "filesystemType": "fake"},
        ]
    }
    ids = [each["id"] for each in folders]
    after = {"folders": [*folders, *(each for each in before["folders"] if each["id"] not in ids)]}
    changes = diff(before, after)
    refuse_moves(before, changes, machine, nested=nested)
    return moved(before, changes, machine)


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ({"id": "docs", "path": "/"}, "home directory"),
        ({"id": "docs", "path": "docs"}, "relative"),
        ({"id": "docs", "path": "/var/lib"}, "own home"),
        ({"id": "docs", "path": "/srv"}, "around the folder 'inner'"),
        ({"id": "inner", "path": "/srv/docs/y"}, "inside the folder 'docs'"),
        ({"id": "new", "path": "~"}, "home directory"),
        ({"id": "new", "path": "/srv/docs"}, "that of the folder 'docs'"),
        ({"id": "fake", "path": "x", "filesystemType": "basic"}, "relative"),
    ],
)
def test_paths_that_change(folder: dict[str, Any], reason: str) -> None:
    """A folder that is new, or gets another path, must not have one that a new folder must not have."""
    with pytest.raises(BadRequestError, match=reason) as caught:
        edited(folder)
    if reason.startswith(("inside", "around")):
        assert caught.value.remedy == "pass allow_nested=True to allow it"
        assert edited(folder, nested=True) == {folder["id"]: folder["path"]}
    else:
        assert caught.value.remedy == ""
        with pytest.raises(BadRequestError, match=reason):
            edited(folder, nested=True)


@pytest.mark.parametrize(
    "folder",
    [
        {"id": "docs", "path": "/srv/docs", "label": "Docs"},
        {"id": "docs", "path": "/srv/./docs/"},
        {"id": "all", "path": "/home/user"},
        {"id": "fake", "path": "/", "filesystemType": "fake"},
        {"id": "new", "path": "y", "filesystemType": "fake"},
    ],
)
def test_paths_that_stay(folder: dict[str, Any]) -> None:
    """Folders inside each other, or with the home directory, may be changed; another notation is the same path."""
    assert edited(folder) == {}


def test_folders_that_change_places() -> None:
    """Other folders count with their new paths."""
    docs, inner = {"id": "docs", "path": "/srv/docs/x"}, {"id": "inner", "path": "/srv/other"}
    assert edited(docs, inner) == {"docs": "/srv/docs/x", "inner": "/srv/other"}
