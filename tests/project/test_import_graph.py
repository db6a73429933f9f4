"""Which file of the code imports which: nothing goes round in a circle, and no layer needs one that builds on it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def graph() -> Iterator[Any]:
    """The script that reads imports."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module("import_graph")


@pytest.fixture(scope="module", params=["aiosyncthing", "pytest_syncthing"])
def package(graph: Any, request: pytest.FixtureRequest) -> Any:
    """Each package of this repository."""
    return next(package for package in graph.PACKAGES if package.name == request.param)


@pytest.fixture(scope="module")
def found(graph: Any, package: Any) -> Any:
    """What the files of the package import of it."""
    return graph.imports(package)


def test_no_file_imports_itself_by_way_of_others(graph: Any, found: Any) -> None:
    """No file needs, for itself or for its types, a file that needs it."""
    assert graph.circles(found) == []


def test_no_layer_imports_a_higher_one(graph: Any, package: Any, found: Any) -> None:
    """A lower layer never imports a higher one, not even its types."""
    assert graph.upward(package, found) == []


def test_exceptions_are_in_use(graph: Any, package: Any, found: Any) -> None:
    """Each exception from that is still needed."""
    allowed = {arrow for arrow in graph.ALLOWED if arrow[0].startswith(package.name)}
    assert allowed <= {(each.source, each.target) for each in found}


def test_folders_are_small(graph: Any, package: Any) -> None:
    """No folder has more entries than one can look through."""
    assert graph.crowded(package) == []


def test_rooms_are_there(graph: Any, package: Any) -> None:
    """Each member of a room exists, and so do the tests that have to cover it."""
    members = {module.split(".")[1] for module in package.files() if "." in module} | {"__init__"}
    for room in package.rooms:
        assert room.members <= members, f"scripts/_rooms.py: {room.name} has members that do not exist"
        for tests in room.tests:
            assert (SCRIPTS.parent / tests).is_dir(), (
                f"scripts/_rooms.py: {room.name} is tested in {tests}, which is missing"
            )


@pytest.fixture
def invented(graph: Any, tmp_path: Path) -> Callable[..., Any]:
    """Write a package of two rooms, low and high, from the contents of its files by their names."""
    rooms = importlib.import_module("_rooms")

    def write(files: dict[str, str]) -> Any:
        for name, content in files.items():
            file = tmp_path / "pkg" / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        (tmp_path / "pkg" / "__init__.py").write_text("from .high import x")
        low, high = rooms.Room("low", frozenset({"low"}), ()), rooms.Room("high", frozenset({"high", "__init__"}), ())
        return rooms.Package("pkg", tmp_path, (low, high))

    return write


@pytest.mark.parametrize(
    "statement",
    [
        "from . import low",
        "from .low import x",
        "from pkg import low",
        "from pkg.low import x",
        "import pkg.low",
        "def f():\n    from .low import x",
        "try:\n    from .low import x\nexcept ImportError:\n    pass",
        "import typing\nif typing.TYPE_CHECKING:\n    pass\nelse:\n    from .low import x",
    ],
)
def test_imports(graph: Any, invented: Callable[..., Any], statement: str) -> None:
    """An import is found in each form that it can have, wherever it is."""
    package = invented({"low": "", "high": f"import os\nfrom os import path\nfrom elsewhere import low\n{statement}"})
    *_, found = graph.imports(package)
    assert (found.source, found.target, found.typing) == ("pkg.high", "pkg.low", False)
    assert len(graph.imports(package)) == 2
    assert graph.upward(package, [found]) == graph.circles([found]) == []


def test_imports_within_folders(graph: Any, invented: Callable[..., Any]) -> None:
    """Relative imports are resolved from the folder of the file, in an __init__.py from its own."""
    package = invented(
        {
            "low": "",
            "high/__init__": "from .a import x",
            "high/a": "from ..low import x\nfrom . import b",
            "high/b": "",
        }
    )
    arrows = {(each.source, each.target) for each in graph.imports(package)}
    assert arrows == {
        ("pkg", "pkg.high.a"),
        ("pkg.high", "pkg.high.a"),
        ("pkg.high.a", "pkg.low"),
        ("pkg.high.a", "pkg.high.b"),
    }


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        ("from .high import x", "pkg.high.a"),
        ("from . import high\nhigh.x, high.y", "pkg.high.a"),
        ("from pkg import high as room\nroom.x", "pkg.high.a"),
        ("from . import high\nhigh.other", "pkg.high"),
        ("from .high import other", "pkg.high"),
        ("from .high import a", "pkg.high.a"),
    ],
)
def test_names_of_rooms(graph: Any, invented: Callable[..., Any], statement: str, target: str) -> None:
    """A name out of a room stands for the file that has it, however it is reached; any other name for the room."""
    room = "if TYPE_CHECKING:\n    from .a import x as x, y as y\n    from .b import z as z"
    package = invented({"low": statement, "high/__init__": room, "high/a": "", "high/b": ""})
    assert [each.target for each in graph.imports(package) if each.source == "pkg.low"] == [target]


def test_types_count(graph: Any, invented: Callable[..., Any]) -> None:
    """What only type checkers import counts like anything else, both for circles and for layers."""
    package = invented({"low": "if TYPE_CHECKING:\n    from .high import x", "high": "from .low import x"})
    found = graph.imports(package)
    assert [each.typing for each in found if each.source == "pkg.low"] == [True]
    assert graph.circles(found) == [["pkg.high", "pkg.low", "pkg.high"]]
    assert [line.partition(":2: ")[2] for line in graph.upward(package, found)] == [
        "low imports pkg.high, which is of a higher layer: high"
    ]


def test_circles(graph: Any, invented: Callable[..., Any]) -> None:
    """Each file on a circle is on one that is shown, which is the shortest; what only leads to a circle is on none."""
    package = invented(
        {
            "low/__init__": "",
            "low/a": "from . import b",
            "low/b": "from . import c, d",
            "low/c": "from . import d",
            "low/d": "from . import a, e",
            "low/e": "from . import f",
            "low/f": "from . import e",
            "high": "from .low import a",
        }
    )
    assert graph.circles(graph.imports(package)) == [
        ["pkg.low.a", "pkg.low.b", "pkg.low.d", "pkg.low.a"],
        ["pkg.low.c", "pkg.low.d", "pkg.low.a", "pkg.low.b", "pkg.low.c"],
        ["pkg.low.e", "pkg.low.f", "pkg.low.e"],
    ]


def test_crowds(graph: Any, invented: Callable[..., Any]) -> None:
    """A folder with too many entries is named."""
    package = invented(
        {"high": "", "low/__init__": "", **{f"low/m{number}": "" for number in range(graph.MOST_ENTRIES - 1)}}
    )
    (package.folder / "pkg" / "low" / "__pycache__").mkdir()
    assert graph.crowded(package) == []
    invented({"low/more": ""})
    assert [line.partition(" has ")[2][:10] for line in graph.crowded(package)] == [f"{graph.MOST_ENTRIES + 1} entries"]


def test_a_module_without_a_room(graph: Any, invented: Callable[..., Any]) -> None:
    """A new module has to be put into a layer, and the error says where."""
    package = invented({"low": "", "high": "from . import new", "new": ""})
    with pytest.raises(LookupError, match=r"pkg\.new is in no room: name 'new' in scripts/_rooms\.py"):
        graph.upward(package, graph.imports(package))


def test_drawings(graph: Any, invented: Callable[..., Any]) -> None:
    """Rooms are drawn in the order of layers, with what each imports; types are marked, unless more is imported."""
    package = invented(
        {"low/a": "", "low/b": "", "high/c": "if TYPE_CHECKING:\n    from ..low import a", "high/__init__": ""}
    )
    found = graph.imports(package)
    assert list(graph.text(package, found)) == [
        "pkg, from the lowest layer to the highest",
        "  low: low",
        "      imports nothing",
        "  high: __init__ high",
        "      imports low (types)",
    ]
    assert list(graph.dot(package, found, files=False))[2:-1] == ['  "high" -> "low" [style=dashed];']
    found += graph.imports(invented({"high/c": "from ..low import b"}))
    assert list(graph.dot(package, found, files=False))[2:-1] == ['  "high" -> "low";']
    assert list(graph.dot(package, found, files=True))[2:-1] == [
        '  "pkg" -> "pkg.high";',
        '  "pkg.high.c" -> "pkg.low.a" [style=dashed];',
        '  "pkg.high.c" -> "pkg.low.b";',
    ]


PRIVATE = {
    "aiosyncthing._loops": "waiting for several things at once has nothing to do with Syncthing",
    "aiosyncthing._timing": "nor have limits of time",
}
"""What the command line imports although it is not public, and why."""


def test_the_command_line_is_a_client_like_any_other() -> None:
    """It imports only what programs may import: names of the package and of its rooms."""
    source = SCRIPTS.parent / "src"
    found = [
        f"{file.relative_to(source)}:{node.lineno}: {node.module}.{alias.name}"
        for file in sorted((source / "aiosyncthing" / "cli").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and not node.level and node.module is not None
        if node.module.partition(".")[0] == "aiosyncthing" and not node.module.startswith("aiosyncthing.cli")
        for alias in node.names
        if node.module not in PRIVATE and not is_public(node.module, alias.name)
    ]
    assert found == []


def is_public(module: str, name: str) -> bool:
    """Return whether programs may import a name: that of a room, or one that a room says is public."""
    if name.startswith("_") and name != "__version__":
        return False
    room = module.partition(".")[2]
    loaded = importlib.import_module(module)
    if not room:
        return name in {"__version__", "types", "exceptions"} or name in loaded.__all__
    return not room.startswith("_") and "." not in room and name in loaded.__all__
