"""A folder that looks like Linux's /proc."""

from __future__ import annotations

from pathlib import Path

__all__ = ["Proc"]


class Proc:
    """Processes, as others see them.

    Args:
        path: An empty folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        for name in ("self", "sys", "1000000000000000000000x"):
            (path / name).mkdir()

    def add(
        self,
        pid: int,
        *command: str | Path,
        cwd: Path = Path("/"),
        root: Path = Path("/"),
        **environ: str | Path,
    ) -> Path:
        """Add a process.

        Args:
            pid: Its process ID.
            *command: Its command line.
            cwd: Its working directory.
            root: What it sees as the root of the file system.
            **environ: Its environment.
        """
        process = self.path / str(pid)
        process.mkdir()
        _write(process / "cmdline", [str(word) for word in command])
        _write(process / "environ", [f"{name}={value}" for name, value in environ.items()])
        (process / "cwd").symlink_to(cwd)
        (process / "root").symlink_to(root)
        return process


def _write(path: Path, strings: list[str]) -> None:
    path.write_bytes(b"".join(string.encode("utf-8", "surrogateescape") + b"\0" for string in strings))
