"""Reading config.xml, and whatever else may have that name."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing.local import config_file
from aiosyncthing.local.config_file import Gui, Problem, read_gui
from tests.support.homes import CONFIGS, KEY, as_nobody, config, make_home

MINIMAL: Final = "<configuration><gui><apikey>k</apikey></gui></configuration>"
BOMB: Final = (
    '<?xml version="1.0"?><!DOCTYPE configuration [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + "]><configuration><gui><apikey>&m;</apikey></gui></configuration>"
)


def gui(address: str = "127.0.0.1:8384", *, tls: bool = False, enabled: bool = True, key: str = "k") -> Gui:
    """Return what is read, by default from `MINIMAL`."""
    return Gui(address, tls, enabled, key)


def problem(home: Path, kind: str = "unusable") -> str:
    """Return the problem's message, which names the file and quotes nothing from it."""
    found = read_gui(home)
    assert isinstance(found, Problem), found
    assert found.kind == kind
    assert str(home) in found.text
    assert KEY not in found.text
    return found.text


@pytest.mark.parametrize("version", CONFIGS)
def test_files_of_every_version(tmp_path: Path, version: str) -> None:
    """Address, TLS and key are read from each version's file, and from the right element only; repr hides the key."""
    found = read_gui(make_home(tmp_path, config("[::]:1", tls=True, version=version)))
    assert found == gui("[::]:1", tls=True, key=KEY)
    assert KEY not in repr(found)
    make_home(tmp_path, config("/run/a", enabled=False, version=version))
    assert read_gui(tmp_path) == gui("/run/a", enabled=False, key=KEY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL, gui()),
        (f"\ufeff{MINIMAL}", gui()),
        (f'<?xml version="1.0" encoding="UTF-8"?>\r\n{MINIMAL}', gui()),
        (f'<?xml version="1.0" encoding="latin-1"?>{MINIMAL}', gui()),
        (f"<!-- {KEY} --><?what ever?>{MINIMAL}<!-- -->\n", gui()),
        ('<configuration xmlns="urn:x"><gui><apikey>k</apikey></gui></configuration>', gui()),
        ("<configuration><gui/></configuration>", gui(key="")),
        ("<configuration><gui><address/></gui></configuration>", gui("", key="")),
        ('<configuration><gui tls="1" enabled="T"/></configuration>', gui(tls=True, key="")),
        ('<configuration><gui tls="yes" enabled=""/></configuration>', gui(enabled=False, key="")),
        (
            MINIMAL.replace("k<", " a&amp;b&#x20AC;<![CDATA[<]]> <").replace(
                "<apikey", "<address>\n a:5\n</address><apikey"
            ),
            gui("a:5", key="a&b€<"),
        ),
        # As in Go's encoding/xml, the last one counts, and nested elements don't.
        (
            MINIMAL.replace("</gui>", "<apikey>b<x>c</x></apikey><x><apikey>d</apikey></x></gui><x><gui/></x>"),
            gui(key="b"),
        ),
    ],
)
def test_files_edited_by_hand(tmp_path: Path, text: str, expected: Gui) -> None:
    """Whatever the daemon accepts is read as the daemon reads it."""
    assert read_gui(make_home(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("nonsense", "is not XML"),
        (b"\0" * 4096, "is not XML"),
        (bytes(range(256)), "is not XML"),
        (config().replace("tëst", "t\udce9st").encode("utf-8", "surrogateescape"), "is not XML"),
        (config() + config(), "is not XML"),
        (f"{config()}x", "is not XML"),
        (config().replace("</gui>", "</guy>"), "is not XML"),
        (config().replace(KEY, "&undefined;"), "is not XML"),
        ("<html><gui><apikey>k</apikey></gui></html>", "no <configuration> with a <gui>"),
        ("<configuration></configuration>", "no <configuration> with a <gui>"),
        ("<configuration><x><gui/></x></configuration>", "no <configuration> with a <gui>"),
        ('<x:configuration xmlns:x="urn:x"><x:gui/></x:configuration>', "no <configuration> with a <gui>"),
        ("<configuration><gui/><gui/></configuration>", "more than one <gui>"),
        (BOMB, "document type"),
        (f"<!DOCTYPE configuration>{MINIMAL}", "document type"),
        (f'<!DOCTYPE configuration SYSTEM "http://127.0.0.1:1/x.dtd">{MINIMAL}', "document type"),
        (f'<!DOCTYPE c [<!ENTITY k SYSTEM "file:///etc/passwd">]>{MINIMAL.replace("k", "&k;")}', "document type"),
        (f'<!DOCTYPE c [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>{MINIMAL}', "document type"),
        ("<a>" * 100_000, "is truncated"),
    ],
)
def test_other_files(tmp_path: Path, content: str | bytes, words: str) -> None:
    """Any other file is refused with the reason, and neither entities nor nesting do any harm."""
    started = time.process_time()
    assert words in problem(make_home(tmp_path, content))
    assert time.process_time() - started < 5


def test_a_truncated_file(tmp_path: Path) -> None:
    """Cut off anywhere, a configuration is refused as truncated, unless only the last line end is missing."""
    data = config().encode()
    for length in range(1, len(data) - 1, 3):
        make_home(tmp_path, data[:length])
        assert "is truncated" in problem(tmp_path), data[:length]
    make_home(tmp_path, data[:-1])
    assert isinstance(read_gui(tmp_path), Gui)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge file is not read to its end; one just below the limit is."""
    home = make_home(tmp_path)
    os.truncate(home / "config.xml", 100 << 20)
    tracemalloc.start()
    try:
        assert "is larger than 16 MiB" in problem(home)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    data = config().encode()
    make_home(home, data)
    monkeypatch.setattr(config_file, "_LARGEST", len(data))
    assert isinstance(read_gui(home), Gui)
    monkeypatch.setattr(config_file, "_LARGEST", len(data) - 1)
    problem(home)


def test_a_missing_file(tmp_path: Path) -> None:
    """A missing file is distinguished from a damaged one; if the file was named instead of the folder, that is said."""
    for home in (tmp_path, tmp_path / "nothing" / "there"):
        assert "Start Syncthing once" in problem(home, "missing")
    home = make_home(tmp_path / "home")
    assert f"Name the folder, not the file: {home}" in problem(home / "config.xml", "missing")
    problem(home / "other.txt", "missing")


def test_something_other_than_a_file(tmp_path: Path) -> None:
    """A folder is refused, and so is a pipe, without waiting for a writer. A link is followed, unless it is circular.

    A path that the system can't even look up is refused like a damaged file.
    """
    path = tmp_path / "config.xml"
    path.mkdir()
    assert "is not a file" in problem(tmp_path)
    path.rmdir()
    os.mkfifo(path)
    assert "is not a file" in problem(tmp_path)
    path.unlink()
    path.symlink_to(make_home(tmp_path / "real") / "config.xml")
    assert isinstance(read_gui(tmp_path), Gui)
    path.unlink()
    path.symlink_to(path)
    assert "symbolic links" in problem(tmp_path)
    problem(tmp_path / "a\0b")
    problem(tmp_path / ("x" * 300))


def test_missing_permission(tmp_path: Path) -> None:
    """A file or folder of another user is distinguished from a missing one."""
    home = make_home(tmp_path / "home")
    for path in (home / "config.xml", home):
        with as_nobody(path):
            assert "Run this program as the user that runs Syncthing" in problem(home, "unreadable")
    assert isinstance(read_gui(home), Gui)


@settings(max_examples=100)
@given(
    st.binary()
    | st.text().map(str.encode)
    | st.text(alphabet="<>/=\"'&;![]configuration gui-?x").map(str.encode)
    | st.lists(st.tuples(st.integers(0, len(config().encode()) - 1), st.integers(0, 255)), max_size=5).map(
        lambda changes: bytes(dict(changes).get(at, byte) for at, byte in enumerate(config().encode()))
    )
)
def test_any_content(content: bytes) -> None:
    """Any content, also a configuration with some bytes changed, gives values or a problem that hides the key."""
    found = config_file._parse(content)
    assert isinstance(found, Gui) or KEY not in found
