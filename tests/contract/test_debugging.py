"""Logs, errors and profiles."""

import asyncio
import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from aiosyncthing import Daemon, _routes, parse_time

from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

GZIP = b"\x1f\x8b"  # how profiles are compressed


async def test_bundles_and_profiles(lone: Daemon, tmp_path: Path) -> None:
    """A support bundle is a complete ZIP archive without the key. Files and file objects are written to."""
    debug, kept = lone.client.debug, io.BytesIO()
    bundle, heap, cpu = (tmp_path / name for name in ("support.zip", "heap", "cpu"))
    sizes = [
        await debug.support_bundle(bundle),
        await debug.heap_profile(heap),
        await debug.cpu_profile(str(cpu), duration=1),
    ]
    assert sizes == [path.stat().st_size for path in (bundle, heap, cpu)]
    assert set(await asyncio.to_thread(lambda: list(tmp_path.iterdir()))) == {bundle, heap, cpu}
    assert await debug.heap_profile(kept) == len(kept.getvalue())
    assert [each[:2] for each in (heap.read_bytes(), cpu.read_bytes(), kept.getvalue())] == [GZIP] * 3
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        assert archive.namelist()
        assert not [name for name in archive.namelist() if lone.api_key.encode() in archive.read(name)]


async def test_errors(lone: Daemon, version: Version) -> None:
    """A posted error is listed until the errors are cleared."""
    await lone.client.system.clear_errors()
    assert (await lone.client.system.error())["errors"] is None
    await lone.client.system.post_error("something & some + thing ünïcode ✓ %s")
    errors = (await lone.client.system.error())["errors"]
    assert errors is not None
    posted = errors[-1]
    assert "something & some + thing ünïcode ✓ %s" in posted["message"]
    assert isinstance(posted["level"], int if version < (2,) else str)
    assert parse_time(posted["when"]) is not None
    await lone.client.system.clear_errors()


async def test_the_log_since_then(lone: Daemon) -> None:
    """Only later lines are returned, in whatever time zone: a lost "+" would return all of them."""
    system = lone.client.system
    everything = (await system.log())["messages"]
    assert everything
    last = parse_time(everything[-1]["when"])
    assert last is not None
    await system.post_error(f"after {last}")
    for hours in (0, 5.5, -8):
        # Lines have nanoseconds, Python's times microseconds: one later excludes the line itself.
        since = (last + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=hours)))
        for given in (since, since.isoformat()):
            later = (await system.log(given))["messages"]
            assert later
            assert len(later) < len(everything)
            assert any(f"after {last}" in line["message"] for line in later)
            text = await system.log_text(given)
            assert f"after {last}" in text
            assert len(text) < len(await system.log_text())
    future = datetime.now(UTC) + timedelta(days=1)
    assert (await system.log(future))["messages"] is None
    assert await system.log_text(future) == ""


async def test_log_levels(lone: Daemon, version: Version) -> None:
    """What is logged can be selected: by facilities in version 1, by levels since version 2."""
    system = lone.client.system
    if version.has(_routes.LOG_LEVELS):
        levels = (await system.log_levels())["levels"]
        package = next(iter(levels))
        await system.set_log_levels({package: "DEBUG"})
        assert (await system.log_levels())["levels"] == {**levels, package: "DEBUG"}
        await system.set_log_levels({package: levels[package]})
        return
    facilities = await system.debug_facilities()
    assert "model" in facilities["facilities"]
    await system.set_debug_facilities(enable=["model", "config"])
    assert {"model", "config"} <= set((await system.debug_facilities())["enabled"])
    await system.set_debug_facilities(disable=["model", "config"])
    assert not {"model", "config"} & set((await system.debug_facilities())["enabled"])
