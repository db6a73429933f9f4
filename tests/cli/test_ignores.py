"""`ignores`: patterns, what they mean, and changing them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result

LINES = ["// mine", "!keep.tmp", "*.tmp", "", "/build", "#include inc"]


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of failed edits is removed with the rest."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def docs(here: FakeSyncthing) -> str:
    """A folder with patterns, one of which is in another file; returns where it is."""
    folder = here.add_folder("docs", label="Papers", files={"inc": "*.inc\n"})
    folder.write({".stignore": "\n".join(LINES)})
    return str(folder.config["path"])


def editor(old: str, new: str) -> dict[str, str]:
    """Return an environment with an editor that replaces a text; it fails if that isn't there."""
    program = f'grep -q "{old}" "$0" && sed -i "s:{old}:{new}:" "$0"'
    return {"EDITOR": f"sh -c '{program}'"}


def lines(cli: Cli) -> list[str]:
    """Return the lines that there are by now."""
    (row,) = cli("ignores", "docs", "--json").json()["ignores"]
    return list(row["lines"])


@pytest.mark.usefixtures("docs")
def test_show(cli: Cli, here: FakeSyncthing) -> None:
    """The lines are printed unchanged, with a warning if the daemon can't use them; a document also expands them."""
    done = cli("ignores", "papers")
    assert (done.status, done.out, done.err) == (0, "".join(f"{line}\n" for line in LINES), "")
    document = cli("ignores", "docs", "show", "--json").json()
    (row,) = document["ignores"]
    assert (row["lines"], row["error"], document["tests"]) == (LINES, None, [])
    assert "**/*.inc" in row["expanded"]
    plain = here.add_folder("plain")
    assert cli("ignores", "plain").out == ""
    plain.write({".stignore": "[unclosed"}, scan=False)
    done = cli("ignores", "plain")
    assert (done.status, done.out) == (0, "[unclosed\n")
    assert "warning: the daemon can't use these patterns: " in done.err
    (row,) = cli("ignores", "plain", "--json").json()["ignores"]
    assert row["error"]
    assert cli("ignores", "plain", "test", "a").status == 6
    assert cli("ignores", "nope").status == 5


@pytest.mark.usefixtures("docs")
def test_which_line_decides(cli: Cli, here: FakeSyncthing, by_address: Callable[..., list[str]]) -> None:
    """For each path the line, its number, or whatever else decides."""
    paths = ["a.tmp", "sub/keep.tmp", "build", "build/x/y", "q.inc", "none", ".stfolder", ".stversions/a", "a\x1b"]
    done = cli("ignores", "docs", "test", *paths)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "a.tmp: ignored, by line 3: *.tmp",
        "sub/keep.tmp: not ignored, by line 2: !keep.tmp",
        "build: ignored, by line 5: /build",
        "build/x/y: ignored, by line 5: /build",
        "q.inc: ignored, by the pattern *.inc",
        "none: not ignored, no pattern matches",
        ".stfolder: ignored, it is Syncthing's own",
        ".stversions/a: ignored, .stversions is Syncthing's own",
        "a\\x1b: not ignored, no pattern matches",
    ]
    done = cli("ignores", "docs", "test", *paths, "--json", "--exit-code")
    assert done.status == 8
    tests = done.json()["tests"]
    assert [row["reason"] for row in tests] == [*["pattern"] * 5, "none", "internal", "internal", "none"]
    assert [row["number"] for row in tests] == [3, 2, 5, 5, *[None] * 5]
    assert cli("ignores", "docs", "test", "none", "sub/keep.tmp", "--exit-code").status == 0
    # Where included files can't be read, the daemon says what all lines stand for.
    done = cli("ignores", "docs", "test", "q.inc", "keep.tmp", *by_address(here.url, here.api_key))
    assert (done.status, done.err) == (0, "")
    assert done.out == "q.inc: ignored, by the pattern *.inc\nkeep.tmp: not ignored, by line 2: !keep.tmp\n"
    assert cli("ignores", "docs", "set", "/build", "!/keep").status == 0
    done = cli("ignores", "docs", "test", "build/keep")  # nothing in an ignored directory is looked at
    assert done.out == "build/keep: ignored, since build/ is, by line 1: /build\n"


def test_paths_of_this_computer(cli: Cli, here: FakeSyncthing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the computer of the daemon, what is tested may be a path of its own, but in that folder."""
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    here.add_folder("docs", path=str(tmp_path / "docs")).write({".stignore": "/sub/*.tmp"})
    here.add_folder("other", path=str(tmp_path / "other"))
    monkeypatch.chdir(tmp_path / "docs" / "sub")
    assert cli("ignores", ".", "test", "./a.tmp").out == "sub/a.tmp: ignored, by line 1: /sub/*.tmp\n"
    for path in (str(tmp_path / "other" / "a"), str(tmp_path / "docs")):
        assert cli("ignores", "docs", "test", path).status == 2
    assert cli("ignores", "docs", "test", "/nope").status == 5


@pytest.mark.usefixtures("docs")
def test_add_and_remove(cli: Cli) -> None:
    """Patterns are added after or before all others, in the given order, and each once, or removed.

    One that isn't there is a warning, as it may be written in another way.
    """
    done = cli("ignores", "docs", "remove", "build")
    assert (done.status, done.out) == (0, "")
    warning = "aiosyncthing: warning: there is no line 'build'; did you mean '/build'?"
    assert done.err == f"{warning}\nnothing to change\n"
    done = cli("ignores", "docs", "add", "*.bak", "*.tmp", "*.old", "--json")
    assert done.changes() == ["added pattern *.bak", "added pattern *.old"]
    done = cli("ignores", "docs", "add", "--first", "!1", "!2")
    assert done.out == "added: pattern !1 (docs)\nadded: pattern !2 (docs)\n"
    assert lines(cli) == ["!1", "!2", *LINES, "*.bak", "*.old"]
    done = cli("ignores", "docs", "add", "*.bak")
    assert (done.status, done.out, done.err) == (0, "", "nothing to change\n")
    assert cli("ignores", "docs", "add", "a{").status == 2
    assert cli("ignores", "docs", "add", "--", "-x").status == 0
    done = cli("ignores", "docs", "remove", "*.tmp", "*.temp", "--json")
    assert (done.status, done.changes()) == (0, ["removed pattern *.tmp"])
    assert lines(cli) == ["!1", "!2", *(line for line in LINES if line != "*.tmp"), "*.bak", "*.old", "-x"]


@pytest.mark.usefixtures("docs")
def test_set(cli: Cli, tmp_path: Path) -> None:
    """All lines are replaced from a file, stdin or arguments; only removing all of them needs a confirmation."""
    file = tmp_path / "patterns"
    file.write_text("// mine\n*.tmp\n")
    assert cli("ignores", "docs", "set", "--file", str(file)).status == 0
    assert lines(cli) == ["// mine", "*.tmp"]
    assert cli("ignores", "docs", "set", "--file", "-", stdin="*.tmp\n// mine\n").out == (
        "ignore patterns rearranged: folder Papers (docs)\n"
    )
    assert cli("ignores", "docs", "set", "a", "b", "--json").changes() == [
        *("removed pattern *.tmp", "removed pattern // mine"),
        *("added pattern a", "added pattern b"),
    ]
    file.write_text("")
    refused = cli("ignores", "docs", "set", "--file", str(file))
    assert (refused.status, lines(cli)) == (2, ["a", "b"])
    assert "can't ask without a terminal: Remove all ignore patterns of docs?" in refused.err
    assert cli("ignores", "docs", "set", "--file", str(file), "--yes").status == 0
    assert lines(cli) == []
    assert cli("ignores", "docs", "set", "--file", str(tmp_path / "nope")).status == 1


@pytest.mark.usefixtures("docs")
def test_edit(cli: Cli, tmp_path: Path) -> None:
    """The lines are opened in an editor, and what was saved is sent. No file is left of it."""
    done = cli("ignores", "docs", "edit", env=editor("/build", "/dist"))
    assert (done.status, done.err) == (0, "")
    assert done.out == "removed: pattern /build (docs)\nadded: pattern /dist (docs)\n"
    failed = cli("ignores", "docs", "edit", env=editor("not there", ""))
    assert (failed.status, "failed with status 1" in failed.err) == (1, True)
    unsaved = cli("ignores", "docs", "edit", env={"VISUAL": "true"})
    assert (unsaved.status, unsaved.err) == (0, "nothing to change\n")
    missing = cli("ignores", "docs", "edit", env={"VISUAL": "/nowhere/vi"})
    assert (missing.status, "can't run the editor /nowhere/vi" in missing.err) == (2, True)
    nothing = cli("ignores", "docs", "edit", env={"VISUAL": "", "EDITOR": ""})
    assert (nothing.status, nothing.out) == (2, "")
    assert "$EDITOR" in nothing.err
    assert not list(tmp_path.glob("aiosyncthing-*"))


@pytest.mark.usefixtures("docs")
def test_edits_are_not_lost(cli: Cli) -> None:
    """Patterns that the daemon can't use are not sent but kept; on a terminal they can be edited again."""
    done = cli("ignores", "docs", "edit", env=editor("/build", "[unclosed"))
    assert (done.status, done.out) == (2, "")
    assert "could not use these patterns: " in done.err
    _, _, place = next(line for line in done.err.splitlines() if "your text is" in line).partition(" is in ")
    assert "[unclosed" in Path(place).read_text()
    assert lines(cli) == LINES

    opened = Path(place).with_name("opened")
    once = f"sh -c 'test -e {opened} || {{ touch {opened}; echo [ >>\"$0\"; }}'"
    asked = cli("ignores", "docs", "edit", columns=80, stdin="y\nn\n", env={"VISUAL": once})
    assert asked.err.count("could not use these patterns: ") == 2, "it is looked at again, though nothing was saved"
    assert "Edit them again? [y/N]" in asked.err
    assert "your text is in " in asked.err


@pytest.mark.usefixtures("docs")
def test_others_change_them_at_the_same_time(cli: Cli, here: FakeSyncthing, tmp_path: Path) -> None:
    """Changes by others are kept, and nothing is sent if both have changed the same lines."""

    def edit(theirs: list[str], mine: list[str], *options: str) -> Result:
        data = tmp_path / "theirs"
        data.write_text(json.dumps({"ignore": theirs}))
        text = tmp_path / "mine"
        text.write_text("\n".join(mine))
        script = tmp_path / "script"
        url = f"{here.url}/rest/db/ignores?folder=docs"
        script.write_text(f"curl -sS -H 'X-API-Key: {here.api_key}' --data-binary @{data} '{url}'; cat {text} >\"$1\"")
        return cli("ignores", "docs", "edit", *options, env={"VISUAL": f"sh {script}"})

    done = edit([*LINES, "*.theirs"], ["*.mine", *LINES])
    assert done.out == "added: pattern *.mine (docs)\n"
    assert lines(cli) == ["*.mine", *LINES, "*.theirs"]
    done = edit(["*.other", *LINES], ["*.again", *LINES], "--json")
    assert done.status == 9
    assert "your text is in " in done.err
    assert lines(cli) == ["*.other", *LINES]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add"], "add needs a PATTERN"),
        (["test"], "test needs a PATH"),
        (["test", ""], "must not be empty"),
        (["add", "*.tmp", ""], "must not be empty"),
        (["remove", ""], "must not be empty"),
        (["set", " "], "must not be empty"),
        (["test", "x/../../y"], "without '..'"),
        (["show", "x"], "show takes no arguments"),
        (["edit", "x"], "edit takes no arguments"),
        (["set"], "set needs a PATTERN or --file FILE"),
        (["set", "x", "--file", "y"], "use either patterns or --file FILE"),
        (["remove", "x", "--first"], "--first is an option of add"),
        (["--exit-code"], "--exit-code is an option of test"),
        (["nope"], "'nope' is not one of"),
    ],
)
def test_usage(arguments: list[str], words: str, cli: Cli, here: FakeSyncthing) -> None:
    """Invalid arguments are refused before anything is changed."""
    here.add_folder("docs")
    done = cli("ignores", "docs", *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
