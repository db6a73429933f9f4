"""Read other configurations: exports and backups in files, and those of other profiles."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aiosyncthing.cli.errors import CommandError, UsageError, reason_of
from aiosyncthing.cli.options import Options
from aiosyncthing.cli.target.profiles import Profiles, config_file
from aiosyncthing.cli.target.target import targets
from aiosyncthing.config import REDACTED, contains_redacted, redact

if TYPE_CHECKING:
    from aiosyncthing.cli.context import Context

_REQUEST = 10.0  # seconds


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return indented JSON, which can be compared line by line."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


async def other_configuration(run: Context, name: str) -> dict[str, Any]:
    """Return the configuration of a profile or in a file (``-`` for the standard input).

    Raises:
        CommandError: The file can't be read.
        UsageError: There is neither such a file nor such a profile, or the file contains no configuration.
    """
    if name in Profiles(config_file(run.environ), run.environ):
        target = targets(Options(profiles=[name]), run.environ)[0]
        timeout = max(_REQUEST, run.options.timeout or 0.0)
        client = await asyncio.to_thread(target.client, timeout, run.out.warn)
        async with client:
            return cast("dict[str, Any]", await client.config.config())
    try:
        text = _text(name)
    except FileNotFoundError:
        raise UsageError(f"there is neither a profile nor a file called {name!r}") from None
    except (OSError, UnicodeError) as error:
        raise CommandError(f"can't read {name}: {reason_of(error)}") from error
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    return _configuration(found, name)


def redacted_alike(config: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a configuration with everything hidden that is hidden in another one.

    Raises:
        UsageError: Device IDs are hidden in it, so it can't be compared.
    """
    devices = _objects(other, "devices")
    if any(str(each.get("deviceID", "")).startswith("device-") for each in devices):
        raise UsageError("device IDs are hidden in this export (--device-ids), so it can't be compared")
    if not contains_redacted(other):
        return config
    folders = _objects(other, "folders")
    names = [*(each.get("label") for each in folders), *(each.get("name") for each in devices)]
    paths = [each.get("path") for each in folders]
    return redact(config, names=REDACTED in names, paths=REDACTED in paths)


def _text(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).expanduser().read_text(encoding="utf-8")


def _configuration(found: Any, name: str) -> dict[str, Any]:
    """Return the configuration in a document: an export, with or without ``--json``, or a backup."""
    config = _fields(found)
    if "settings" in config:
        rows = _objects(config, "settings")
        config = _fields(rows[0].get("value")) if rows else {}
    config = _fields(config.get("config")) or config
    if not {"version", "folders", "devices", "options"} <= config.keys():
        raise UsageError(f"{name} contains no configuration", hint="`aiosyncthing config export` writes one")
    return config


def _fields(value: object) -> dict[str, Any]:
    """Return an object; anything else is an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _objects(config: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed: Any = config.get(key)
    return [_fields(each) for each in cast("list[object]", listed)] if isinstance(listed, list) else []
