"""The content of folders, byte by byte, and random changes of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random
from typing import TypeAlias

__all__ = ["Tree", "change", "contents", "write_some"]

Tree: TypeAlias = "dict[str, bytes | str | None]"


def contents(folder: Path) -> Tree:
    """Return the content of a folder by path: bytes for a file, a string for a link, ``None`` for a directory."""
    found: Tree = {}
    for directory, names, files in os.walk(folder):
        if Path(directory) == folder:
            names.remove(".stfolder")
        for name in names + files:
            path = Path(directory, name)
            key = str(path.relative_to(folder))
            if path.is_symlink():
                found[key] = str(path.readlink())
            else:
                found[key] = None if path.is_dir() else path.read_bytes()
    return found


def write_some(folder: Path) -> None:
    """Write a bit of everything."""
    (folder / "dir" / "sub").mkdir(parents=True)
    (folder / "empty dir").mkdir()
    (folder / "file").write_bytes(os.urandom(200_000))
    (folder / "dir" / "sub" / "ü").write_text("some text")
    (folder / "dir" / "empty").touch()
    (folder / "link").symlink_to("file")


def change(folder: Path, random: Random) -> None:
    """Change one thing in a folder."""
    tree = sorted(contents(folder))
    directories = [folder, *(folder / name for name in tree if (folder / name).is_dir())]
    new = random.choice(directories) / f"{random.choice(['a', 'b', 'c', 'ü d'])}{random.randrange(8)}"
    old = folder / random.choice(tree) if tree else None
    action = random.choice(["write", "write", "empty", "directory", "delete", "rename", "append"])
    if old is None or action in {"write", "empty", "directory"}:
        if new.exists():
            return
        if action == "directory":
            new.mkdir()
        else:
            new.write_bytes(b"" if action == "empty" else random.randbytes(random.choice([10, 1000, 300_000])))
    elif action == "delete":
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    elif action == "rename":
        if not new.exists() and old not in new.parents:
            old.rename(new)
    elif old.is_file():
        with old.open("ab") as file:
            file.write(b"more")
