"""Draw which rooms import which, and find forbidden imports: cycles, and lower layers that import higher ones.

    import_graph.py                as text: the rooms from the lowest layer to the highest, with their imports
    import_graph.py --dot | dot -Tsvg > rooms.svg
    import_graph.py --dot --files  files instead of rooms

Imports are read from the source, nothing is run. Those under ``if TYPE_CHECKING:`` count like the others, since a file
that names another's types can't be understood, moved or changed without it; in the drawing they are dashed. Those
within functions count too. A name imported from a room counts as an import of its file, since rooms load each name
when it is first used. The status is 1 if there are forbidden imports.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from _rooms import PACKAGES, Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The package itself has the most: its modules are the paths that users import from.
MOST_ENTRIES = 36

# Imports of a higher layer that are allowed, with the reason.
ALLOWED = {
    ("aiosyncthing.exceptions", "aiosyncthing.waiting.progress"): "a WaitTimeoutError holds the last SyncProgress",
}


class Import(NamedTuple):
    """One file imports another.

    Attributes:
        source: The module that does.
        target: The module that it needs.
        line: Where.
        typing: Whether only type checkers do.
    """

    source: str
    target: str
    line: int
    typing: bool


def imports(package: Package) -> list[Import]:
    """Return the imports between the files of a package."""
    files = package.files()
    trees = {module: ast.parse(file.read_text()) for module, file in files.items()}
    folders = {module for module, file in files.items() if file.name == "__init__.py"}
    named = {
        module: [
            (node.lineno, typing, target, alias)
            for node, typing in _statements(tree, typing=False)
            for target, alias in _targets(node, module if module in folders else module.rpartition(".")[0], files)
        ]
        for module, tree in trees.items()
    }
    offered = {
        folder: {alias.asname or alias.name: target for _, _, target, alias in named[folder]} for folder in folders
    }
    return [
        Import(module, home, line, typing)
        for module, tree in trees.items()
        for line, typing, target, alias in named[module]
        for home in _homes(target, alias, tree, offered.get(target, {}))
        if home != module
    ]


def circles(found: Iterable[Import]) -> list[list[str]]:
    """Return the import cycles, each as the shortest path around it, from an arbitrary start."""
    graph: dict[str, set[str]] = {}
    for each in found:
        graph.setdefault(each.source, set()).add(each.target)
    left = set(graph)
    rounds: list[list[str]] = []
    while left:
        start = min(left)
        way = _way_back(start, graph)
        rounds += [way] if way else []
        # Each file is reported in one cycle; others through it appear when that one is gone.
        left -= {start, *way}
    return rounds


def upward(package: Package, found: Iterable[Import]) -> list[str]:
    """Return the imports of a higher layer by a lower one, as text."""
    height = {room: number for number, room in enumerate(package.rooms)}
    wrong: list[str] = []
    for each in found:
        source, target = package.room(each.source), package.room(each.target)
        if height[source] < height[target] and (each.source, each.target) not in ALLOWED:
            where = f"{package.files()[each.source]}:{each.line}"
            wrong.append(f"{where}: {source.name} imports {each.target}, which is of a higher layer: {target.name}")
    return wrong


def crowded(package: Package) -> list[str]:
    """Return the folders that have too many entries, as text."""
    folders = {file.parent for file in package.files().values()}
    return [
        f"{folder} has {count} entries, more than {MOST_ENTRIES}: move related modules into a folder"
        for folder in sorted(folders)
        if (count := sum(1 for entry in folder.iterdir() if entry.name not in {"__pycache__", "py.typed"}))
        > MOST_ENTRIES
    ]


def text(package: Package, found: list[Import]) -> Iterator[str]:
    """Draw a package as lines of text, the lowest layer first."""
    yield f"{package.name}, from the lowest layer to the highest"
    for room in package.rooms:
        needed: dict[str, bool] = {}  # whether only types are
        for each in found:
            target = package.room(each.target).name
            if package.room(each.source) == room and target != room.name:
                needed[target] = needed.get(target, True) and each.typing
        order = [
            f"{other.name}{' (types)' if needed[other.name] else ''}" for other in package.rooms if other.name in needed
        ]
        yield f"  {room.name}: {' '.join(sorted(room.members))}"
        yield f"      imports {', '.join(order) or 'nothing'}"


def dot(package: Package, found: list[Import], *, files: bool) -> Iterator[str]:
    """Draw the rooms or files of a package in the language of Graphviz."""
    arrows: dict[tuple[str, str], bool] = {}
    for each in found:
        arrow = each.source, each.target
        if not files:
            arrow = package.room(each.source).name, package.room(each.target).name
        if arrow[0] != arrow[1]:
            arrows[arrow] = arrows.get(arrow, True) and each.typing
    yield f'digraph "{package.name}" {{'
    yield "  rankdir=BT; node [shape=box];"
    for (source, target), typing in sorted(arrows.items()):
        yield f'  "{source}" -> "{target}"{" [style=dashed]" if typing else ""};'
    yield "}"


def _statements(node: ast.AST, *, typing: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Find import statements anywhere, and whether each is for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, typing
        elif isinstance(child, ast.If) and ast.unparse(child.test).rpartition(".")[2] == "TYPE_CHECKING":
            yield from _statements(ast.Module(child.body, []), typing=True)
            yield from _statements(ast.Module(child.orelse, []), typing=typing)
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):  # expressions import nothing
            yield from _statements(child, typing=typing)


def _targets(
    node: ast.Import | ast.ImportFrom, parent: str, files: Mapping[str, Path]
) -> Iterator[tuple[str, ast.alias]]:
    """Find the modules of the package that a statement imports, or imports a name out of."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, alias) for alias in node.names if alias.name in files)
        return
    above = parent.split(".")[: len(parent.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    for alias in node.names:
        named = f"{base}.{alias.name}"
        if named in files or base in files:
            yield named if named in files else base, alias


def _homes(target: str, alias: ast.alias, tree: ast.Module, offered: Mapping[str, str]) -> list[str]:
    """Return the modules that define what a file imports from a target: itself, or those that a room loads from."""
    used = {alias.name}
    if target.rpartition(".")[2] == alias.name:  # the room, whose names are its attributes
        name = alias.asname or alias.name
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
        }
    return sorted({offered[name] for name in used & offered.keys()}) or [target]


def _way_back(start: str, graph: Mapping[str, set[str]]) -> list[str]:
    """Return the shortest path from a module to itself; empty if there is none."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for target in sorted(graph.get(way[-1], set())):
            if target == start:
                return [*way, start]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


def _main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dot", action="store_true", help="draw for Graphviz")
    parser.add_argument("--files", action="store_true", help="with --dot: draw each file")
    arguments = parser.parse_args()
    wrong: list[str] = []
    for package in PACKAGES:
        found = imports(package)
        lines = dot(package, found, files=arguments.files) if arguments.dot else text(package, found)
        print(*lines, sep="\n")
        wrong += [f"circle: {' -> '.join(way)}" for way in circles(found)] + upward(package, found) + crowded(package)
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(_main())
