"""Packages that the library itself does without, and the extra of ``aiosyncthing`` that brings each."""

EXTRAS = {"click": "cli", "platformdirs": "cli", "rich": "cli", "segno": "cli", "textual": "top"}


def how_to_get(module: str | None) -> str:
    """Return that the package of a module is missing, and how to install it; empty if no extra brings it."""
    package = (module or "").partition(".")[0]
    extra = EXTRAS.get(package)
    if extra is None:
        return ""
    name = f'"aiosyncthing[{extra}]"'
    return f"{package} is missing: install with `uv tool install {name}` or `pip install {name}`"
