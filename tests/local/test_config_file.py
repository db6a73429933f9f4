"""What is read of a config.xml, and what any other file of that name does."""

from __future__ import annotations

import os
import time
import tracemalloc
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiosyncthing.local import config_file
from aiosyncthing.local.config_file import Gui, Problem, read_gui
from tests.support.homes import CONFIGS, KEY, as_nobody, config, make_home

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL: Final = "<configuration><gui><apikey>k</apikey></gui></configuration>"
BOMB: Final = (
    '<?xml version="1.0"?><!DOCTYPE configuration [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + "]><configuration><gui><apikey>&m;</apikey></gui></configuration>"
)


def problem(home: Path) -> Problem:
    """Return what is wrong; it names the file, says what to do, and shows nothing of the content."""
    found = read_gui(home)
    assert isinstance(found, Problem), found
    assert str(home) in found.text
    assert KEY not in found.text
    return found


@pytest.mark.parametrize("version", CONFIGS)
def test_what_the_versions_write(tmp_path: Path, version: str) -> None:
    """Address, TLS and key are read from the configuration of each version, and from nowhere else in it."""
    make_home(tmp_path, config("[::]:1", tls=True, version=version))
    assert read_gui(tmp_path) == Gui("[::]:1", tls=True, enabled=True, api_key=KEY)
    make_home(tmp_path, config("/run/a", enabled=False, version=version))
    assert read_gui(tmp_path) == Gui("/run/a", tls=False, enabled=False, api_key=KEY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL, Gui("127.0.0.1:8384", tls=False, enabled=True, api_key="k")),
        (f"\ufeff{MINIMAL}", Gui("127.0.0.1:8384", tls=False, enabled=True, api_key="k")),
        (f'<?xml version="1.0" encoding="UTF-8"?>\r\n{MINIMAL}', Gui("127.0.0.1:8384", False, True, "k")),
        (f'<?xml version="1.0" encoding="latin-1"?>{MINIMAL}', Gui("127.0.0.1:8384", False, True, "k")),
        (f"<!-- {KEY} --><?what ever?>{MINIMAL}<!-- -->\n", Gui("127.0.0.1:8384", False, True, "k")),
        ("<configuration><gui/></configuration>", Gui("127.0.0.1:8384", False, True, "")),
        ("<configuration><gui><address/></gui></configuration>", Gui("", False, True, "")),
        ('<configuration><gui tls="1" enabled="T"/></configuration>', Gui("127.0.0.1:8384", True, True, "")),
        ('<configuration><gui tls="yes" enabled=""/></configuration>', Gui("127.0.0.1:8384", False, False, "")),
        (
            (
                "<configuration><gui><address>\n 1.2.3.4:5\n</address><apikey> a&amp;b&#x20AC;<![CDATA[<]]> </apikey>"
                "</gui></configuration>"
            ),
            Gui("1.2.3.4:5", False, True, "a&b€<"),
        ),
        # The last one counts, and what is deeper does not, as for Go's encoding/xml.
        (
            (
                "<configuration><gui><apikey>a</apikey><apikey>b<x>c</x></apikey><x><apikey>d</apikey></x></gui><x><gui/></x>"
                "</configuration>"
            ),
            Gui("127.0.0.1:8384", False, True, "b"),
        ),
        (
            '<configuration xmlns="urn:x"><gui><apikey>k</apikey></gui></configuration>',
            Gui("127.0.0.1:8384", False, True, "k"),
        ),
    ],
)
def test_what_people_write(tmp_path: Path, text: str, expected: Gui) -> None:
    """What the daemon accepts is read as it reads it."""
    assert read_gui(make_home(tmp_path, text)) == expected


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    """The key is no part of what is printed of a configuration."""
    assert KEY not in repr(read_gui(make_home(tmp_path)))


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
        ("<html><gui><apikey>k</apikey></gui></html>", "no <configuration> with <gui>"),
        ("<configuration></configuration>", "no <configuration> with <gui>"),
        ("<configuration><x><gui/></x></configuration>", "no <configuration> with <gui>"),
        ('<x:configuration xmlns:x="urn:x"><x:gui/></x:configuration>', "no <configuration> with <gui>"),
        ("<configuration><gui/><gui/></configuration>", "more than one <gui>"),
        (BOMB, "document type"),
        (f"<!DOCTYPE configuration>{MINIMAL}", "document type"),
        (f'<!DOCTYPE configuration SYSTEM "http://127.0.0.1:1/x.dtd">{MINIMAL}', "document type"),
        (
            (
                '<!DOCTYPE configuration [<!ENTITY key SYSTEM "file:///etc/passwd">]>'
                "<configuration><gui><apikey>&key;</apikey></gui></configuration>"
            ),
            "document type",
        ),
        (
            '<!DOCTYPE c [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><configuration><gui/></configuration>',
            "document type",
        ),
        ("<a>" * 100_000, "ends too early"),
    ],
)
def test_what_is_no_configuration(tmp_path: Path, content: str | bytes, words: str) -> None:
    """Anything else is told apart, and neither entities nor depth do any harm."""
    started = time.process_time()
    found = problem(make_home(tmp_path, content))
    assert found.kind == "broken"
    assert words in found.text
    assert time.process_time() - started < 5


def test_a_file_that_was_only_written_in_part(tmp_path: Path) -> None:
    """Cut anywhere, a configuration is refused as incomplete, unless nothing but the last line end is missing."""
    data = config().encode()
    make_home(tmp_path)
    path = tmp_path / "config.xml"
    for length in range(1, len(data) - 1):
        path.write_bytes(data[:length])
        assert "only written in part" in problem(tmp_path).text, data[:length]
    path.write_bytes(data[:-1])
    assert isinstance(read_gui(tmp_path), Gui)


def test_a_file_that_is_too_big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge file is not read to its end; a large configuration is read."""
    home = make_home(tmp_path)
    os.truncate(home / "config.xml", 100 << 20)
    tracemalloc.start()
    try:
        assert "bigger than 16 MiB" in problem(home).text
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    data = config().encode()
    make_home(home, data)
    monkeypatch.setattr(config_file, "_LARGEST", len(data))
    assert isinstance(read_gui(home), Gui)
    monkeypatch.setattr(config_file, "_LARGEST", len(data) - 1)
    assert problem(home).kind == "broken"


def test_no_file(tmp_path: Path) -> None:
    """A home without a configuration, or none at all, is told from one that is damaged."""
    for home in (tmp_path, tmp_path / "nothing" / "there"):
        found = problem(home)
        assert (found.kind, "Start Syncthing once" in found.text) == ("missing", True)


def test_the_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """Who names the file is told to name the folder."""
    home = make_home(tmp_path)
    found = problem(home / "config.xml")
    assert (found.kind, f"Name the folder, not the file: {home}" in found.text) == ("missing", True)
    assert problem(home / "other.txt").kind == "missing"


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    """A folder named config.xml is none."""
    (tmp_path / "config.xml").mkdir()
    found = problem(tmp_path)
    assert (found.kind, "is not a file" in found.text) == ("broken", True)


def test_a_pipe_of_that_name(tmp_path: Path) -> None:
    """A pipe into which nobody writes keeps nobody waiting."""
    os.mkfifo(tmp_path / "config.xml")
    assert "is not a file" in problem(tmp_path).text


def test_a_link(tmp_path: Path) -> None:
    """A link to the file is followed; one that leads in circles is an error of its own."""
    make_home(tmp_path / "real")
    (tmp_path / "config.xml").symlink_to(tmp_path / "real" / "config.xml")
    assert isinstance(read_gui(tmp_path), Gui)
    (tmp_path / "config.xml").unlink()
    (tmp_path / "config.xml").symlink_to(tmp_path / "config.xml")
    found = problem(tmp_path)
    assert (found.kind, "symbolic links" in found.text) == ("broken", True)


def test_a_name_that_is_none(tmp_path: Path) -> None:
    """A path that the system can't even look for is an error like others."""
    assert problem(tmp_path / "a\0b").kind == "broken"
    assert problem(tmp_path / ("x" * 300)).kind == "broken"


def test_no_permission(tmp_path: Path) -> None:
    """A file, or a folder, of another user is told from one that isn't there."""
    home = make_home(tmp_path / "home")
    for path in (home / "config.xml", home):
        with as_nobody(path):
            found = problem(home)
        assert (found.kind, "Run as the user that runs Syncthing" in found.text) == ("closed", True)
    assert isinstance(read_gui(home), Gui)


@given(st.binary() | st.text().map(str.encode) | st.text(alphabet="<>/=\"'&;![]configuration gui-?x").map(str.encode))
def test_any_bytes(content: bytes) -> None:
    """Whatever is in the file, nothing is raised."""
    assert isinstance(config_file._parse(content), (str, Gui))


@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    """A configuration with some bytes changed gives its values, others, or what is wrong; nothing is raised."""
    content = bytearray(config().encode())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = config_file._parse(bytes(content))
    assert isinstance(found, Gui) or KEY not in found
