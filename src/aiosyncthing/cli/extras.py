"""Optional packages, and the extra of ``aiosyncthing`` that installs each."""

EXTRAS = {"click": "cli", "platformdirs": "cli", "rich": "cli", "segno": "cli", "textual": "top"}


def how_to_get(module: str | None) -> str:
    """Return a message about the missing package of a module and how to install it; empty if no extra has it."""
    package = (module or "").partition(".")[0]
    extra = EXTRAS.get(package)
    if extra is None:
        return ""
    name = f'"aiosyncthing[{extra}]"'
    return f"{package} is missing: install with `uv tool install {name}` or `pip install {name}`"
