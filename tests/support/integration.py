"""A program that uses the library as Home Assistant does: imported in a thread, used in the event loop.

It runs as a script, with its steps as JSON on standard input, and prints as JSON what has blocked the event loop in
which step, a line for each. At first it imports nothing but the standard library and aiohttp, and each step runs in a
process that only has imported the library, so that later imports are detected.
"""

import asyncio
import base64
import contextlib
import importlib
import io
import json
import operator
import os
import pickle
import sys
import threading
from collections.abc import Iterator
from typing import Any

import aiohttp
from detector import Detector

_FOLDER = "docs"


class Program:
    """The steps of the program.

    Args:
        detector: Watches the loop.
        settings: The daemon's URL and key, and whatever else the steps need.
    """

    def __init__(self, detector: Detector, settings: dict[str, Any]) -> None:
        self.blocked: dict[str, list[str]] = {}
        self._detector = detector
        self._settings = settings
        self._aiosyncthing: Any = None

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record what blocks the loop in a block, and ignore errors of the library."""
        try:
            yield
        except Exception as error:
            if self._aiosyncthing is None or not isinstance(error, self._aiosyncthing.SyncthingError):
                raise
            str(error)
        finally:
            if self._detector.seen:
                self.blocked.setdefault(name, []).extend(self._detector.seen)
                self._detector.seen.clear()

    def client(self, url: str = "", **options: Any) -> Any:
        """Create a client."""
        return self._aiosyncthing.Syncthing(self._settings["key"], url or self._settings["url"], **options)

    async def load(self) -> None:
        """Import the library in a thread."""
        with self.step("import"):
            await _import_in_thread("aiosyncthing")

    async def take(self, step: str) -> None:
        """Take a step."""
        self._aiosyncthing = sys.modules["aiosyncthing"]
        await getattr(self, step)()

    async def calls(self) -> None:
        """Call every public method once, each with a client that remembers nothing."""
        for name, args, options in pickle.loads(base64.b64decode(self._settings["calls"])):
            given = [io.BytesIO() if arg == "<a binary file>" else arg for arg in args]
            async with self.client() as client:
                with self.step(name):
                    outcome = operator.attrgetter(name)(client)(*given, **options)
                    if hasattr(outcome, "__aiter__"):
                        async for _ in outcome:
                            pass
                    else:
                        await outcome

    async def entry(self) -> None:
        """Behave like an entry of Home Assistant: check the user's input, set up, follow the daemon, unload."""
        loop = asyncio.get_running_loop()
        with self.step("config flow"):
            async with self.client(verify_ssl=True, loop=loop) as client:
                await client.system.status()
        with self.step("a wrong key"):
            async with self._aiosyncthing.Syncthing("wrong" * 6, url=self._settings["url"]) as client:
                await client.system.status()
        client = self.client(verify_ssl=True, timeout=1)
        seen: asyncio.Queue[str] = asyncio.Queue()

        async def follow() -> None:
            while True:
                try:
                    await client.system.ping()
                    async for event in client.events.listen():
                        seen.put_nowait(event["type"] if client.events.last_seen_id else "history")
                except self._aiosyncthing.exceptions.SyncthingError:
                    seen.put_nowait("lost")
                    await asyncio.sleep(0.05)

        with self.step("set-up"):
            await client.system.status()
            config = await client.system.config()
            await client.system.version()
            for folder in config["folders"]:
                await client.database.status(folder["id"])
            for device in config["devices"]:
                await client.config.devices(device["deviceID"])
        with self.step("listener"):
            listener = asyncio.create_task(follow())
            label = ""
            while await seen.get() == "history":  # the first batch ends with a later event
                label += "x"
                await client.config.patch_folder(_FOLDER, label=label)
            await client.config.patch_folder(_FOLDER, paused=True)
            while await seen.get() != "FolderPaused":
                pass
            await client.system.restart()
            while await seen.get() != "lost":
                pass
        with self.step("unload"):
            client.events.stop()
            listener.cancel()
            await asyncio.wait([listener])
            await client.close()

    async def requests(self) -> None:
        """Send requests through a session that was passed in and through the client's own, including refused ones."""
        async with aiohttp.ClientSession() as session:
            for options in ({}, {"session": session}):
                with self.step(f"requests {sorted(options)}"):
                    async with self.client(**options) as client:
                        await client.system.ping()
                        await client.system.status()
                        await client.system.config()
                        await client.system.version()
                        await client.database.status(_FOLDER)
                for name in ("folders", "devices"):
                    with self.step(f"unknown {name}"):
                        await getattr(self.client(session=session).config, name)("nope")
            for url in (
                "http://127.0.0.1:1",
                "http://no-such-host.invalid",
                "http://bücher.invalid",
                "https://127.0.0.1:1",
            ):
                with self.step(url):
                    async with self.client(url) as client:
                        await client.system.status()
            with self.step("ping"):
                await self.client("http://127.0.0.1:1", session=session).system.ping()

    async def listening(self) -> None:
        """Listen to events, and stop."""
        with self.step("listen"):
            async with self.client() as client:
                async for _ in client.events.listen():
                    if client.events.last_seen_id == 0:
                        client.events.stop()

    async def streaming(self) -> None:
        """Follow the stream from the past events on."""
        with self.step("stream"):
            async with self.client() as client, client.events.stream(since="history") as stream:
                async for _ in stream:
                    break

    async def mirroring(self) -> None:
        """Enter a mirror, and wait for a change."""
        with self.step("watch"):
            async with self.client() as client, client.watch() as live:
                await client.config.patch_folder(_FOLDER, label="another")
                await live.until(lambda live: live.folders[_FOLDER].label == "another", 60)
                await client.config.patch_folder(_FOLDER, label="docs")
                async for _ in live.changes():
                    break

    async def waiting(self) -> None:
        """Wait until the daemon is ready and in sync, and for one that is not there."""
        with self.step("wait_ready"):
            async with self.client() as client:
                await client.wait_ready(60)
        with self.step("wait_in_sync"):
            async with self.client() as client:
                await client.wait_in_sync(_FOLDER, [], rescan=True, timeout=60, on_progress=str)
        with self.step("wait_ready in vain"):
            async with self.client("http://127.0.0.1:1") as client:
                await client.wait_ready(0.2)

    async def trusting(self) -> None:
        """Fetch the fingerprint, and send requests with all values of `tls`."""
        url = self._settings["url"].replace("http:", "https:")
        certificate = self._settings["certificate"]
        with self.step("fetch_fingerprint"):
            fingerprint = await self._aiosyncthing.fetch_fingerprint(url)
            await self._aiosyncthing.fetch_fingerprint(url.replace("127.0.0.1", "localhost"))
        file = self._aiosyncthing.CertificateFile(certificate)
        wrong = self._aiosyncthing.Fingerprint("ab" * 32)
        for tls in (fingerprint, file, certificate, "/nope", wrong, False, None):
            with self.step(f"tls={tls!r}"):
                async with self.client(url, tls=tls) as client:
                    await client.system.status()

    async def downloading(self) -> None:
        """Download to a file."""
        with self.step("download"):
            async with self.client() as client:
                await client.debug.support_bundle(self._settings["file"])

    async def discovering(self) -> None:
        """Discover the daemon of a home in a thread, and send it a request."""
        with self.step("local"):
            find = self._aiosyncthing.Syncthing.local
            async with await asyncio.to_thread(find, self._settings["home"]) as client:
                await client.system.status()
        with self.step("local, not there"):
            await asyncio.to_thread(find, "/nope")

    async def launching(self) -> None:
        """Launch a daemon, restart and stop it."""
        with self.step("Daemon"):
            async with self._aiosyncthing.Daemon() as daemon:
                await daemon.client.system.ping()
                await daemon.restart()
                await daemon.kill()
                await daemon.wait()
        with self.step("Daemon, not there"):
            await self._aiosyncthing.Daemon(binary="/nope").start()


async def _import_in_thread(name: str) -> Any:
    # Not in the loop's own executor, which would import some modules by itself.
    loop = asyncio.get_running_loop()
    imported = loop.create_future()

    def work() -> None:
        loop.call_soon_threadsafe(imported.set_result, importlib.import_module(name))

    threading.Thread(target=work).start()
    return await imported


def _main() -> None:
    detector = Detector()
    program = Program(detector, {})
    asyncio.run(program.load())
    print(json.dumps(program.blocked), flush=True)
    for step, settings in json.load(sys.stdin):
        child = os.fork()
        if not child:
            program = Program(detector, settings)
            asyncio.run(program.take(step))
            print(json.dumps(program.blocked), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"{step} failed")


if __name__ == "__main__":
    _main()
