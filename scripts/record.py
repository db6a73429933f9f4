"""Record the answers of a Syncthing daemon, for tests/data/recordings.

    record.py BINARY           writes tests/data/recordings/vVERSION.json
    record.py BINARY FILE      writes another file

Three daemons, a, b and c, go through the scenario in tests/support/scenario.py; add requests to be recorded there.
Everything runs on the loopback interface and in a temporary folder, and takes a minute or two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import aiohttp
from yarl import URL

from aiosyncthing import Daemon
from aiosyncthing.exceptions import SyncthingError
from aiosyncthing.types import EventType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.support.scenario import SCENARIO, Ask  # noqa: E402 - needs the top of the repository on sys.path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RECORDINGS = ROOT / "tests" / "data" / "recordings"

# The paths in recordings, instead of the machine's.
PLACE = "/srv/syncthing"

HEADERS = ("Allow", "Cache-Control", "Location", "X-Syncthing-Id", "X-Syncthing-Version")
LONG_TEXTS = {"/metrics": 6000, "/meta.js": 6000}
STREAMS = {"default": "/rest/events", "all": "/rest/events", "disk": "/rest/events/disk"}
OF_EACH_TYPE = 6

PATIENCE = 120  # seconds for each thing waited for


class Recorder:
    """Runs the scenario with three daemons and records their answers."""

    def __init__(self, root: Path, daemons: dict[str, Daemon], session: aiohttp.ClientSession) -> None:
        self._root = root
        self._daemons = daemons
        self._session = session
        self._version_time = ""
        self._exchanges: list[dict[str, Any]] = []
        self._events: dict[str, list[dict[str, Any]]] = {
            f"{node}:{stream}": [] for node in daemons for stream in STREAMS
        }

    async def play(self) -> str:
        """Run the scenario, and return the recording, with one line for each exchange and each event."""
        await self._take_events()  # the daemon collects events of some types only after they are first requested
        for step in SCENARIO:
            if isinstance(step, str):
                print(f"  {step} ...", file=sys.stderr)
                await getattr(self, step.replace(" ", "_"))()
            else:
                self._exchanges.append(await self._exchange(step))
            await self._take_events()
        return self._written()

    # Steps of the scenario that don't use the API.

    async def write_files(self) -> None:
        """Fill the folders of a."""
        docs = {f"sub/f{number:02}.txt": bytes(1000 * number) for number in range(25)}
        self._write("da", {**docs, "sub/deep/ü &#?.bin": bytes(3_000_000), "empty": b""})
        (self._root / "da" / "link").symlink_to("sub")
        for folder in ("ra", "sa", "ea"):
            self._write(folder, {"one.txt": b"12345"})

    async def wait_until_a_offers_docs(self) -> None:
        """Wait until a has scanned its folder, and b has heard of it."""
        await self._until(lambda: self._is_idle("a"))
        await self._until(lambda: self._read("b", "/rest/cluster/pending/folders"))

    async def wait_until_all_is_in_sync(self) -> None:
        """Wait until a and b are in sync with each other, and know it."""
        await self._until(lambda: self._is_complete("a"))
        await self._until(lambda: self._is_complete("b"))

    async def change_files_on_both_sides(self) -> None:
        """Change a file and delete another one; change a receive-only folder at b, and one that is send-only at a."""
        (self._root / "da" / "sub" / "f02.txt").unlink()
        self._write("da", {"sub/f01.txt": b"2\n", "olddir/a.txt": b"a"})
        await self._scan("a", "docs")
        await self._until(lambda: self._exists("db/olddir/a.txt"))
        await self._until(lambda: self._exists("db/sub/f02.txt", there=False))
        self._write("rb", {"local.txt": b"1234"})
        self._write("sb", {"one.txt": b"changed by b"})
        await self._scan("b", "recvonly")
        await self._scan("b", "sendonly")

    async def delete_a_folder_that_b_cannot_delete(self) -> None:
        """Delete a directory at a that has an ignored file at b, and wait until b fails to delete it."""
        self._write("db", {"olddir/ignored.tmp": b"mine"})
        (self._root / "da" / "olddir" / "a.txt").unlink()
        (self._root / "da" / "olddir").rmdir()
        await self._scan("a", "docs")
        await self._until(self._has_failed)

    async def change_files_while_b_is_paused(self) -> None:
        """Write a file and delete another one while b is paused."""
        await self._until(self._is_paused)
        self._write("da", {"after-pause.txt": bytes(5000)})
        await self._scan("a", "docs")

    async def wait_until_b_knows_its_local_changes(self) -> None:
        """Wait until b has scanned the folder that was paused, and a knows what b has."""
        await self._until(lambda: self._is_idle("b"))
        await self._until(lambda: self._read("b", "/rest/db/localchanged?folder=recvonly", "files"))
        await self._until(lambda: self._read("a", "/rest/db/need?folder=sendonly", "rest"))

    # Requests and events.

    async def _exchange(self, ask: Ask) -> dict[str, Any]:
        status, headers, body = await self._request(ask)
        kind = "json" if body and headers.get("Content-Type", "").startswith("application/json") else "text"
        answer: Any = json.loads(body) if kind == "json" else body.decode()
        if ask.path == "/rest/folder/versions" and ask.method == "GET" and status == 200:  # noqa: PLR2004 - it worked
            self._version_time = answer["olddir/a.txt"][0]["versionTime"]
        if kind == "text":
            # It can be read without a key as well, so recording it in full once is enough.
            answer = answer[: 200 if ask.key != "right" else LONG_TEXTS.get(ask.path)]
        return {
            "node": ask.node,
            "method": ask.method,
            "path": self._filled(ask.path),
            "params": self._filled(ask.params),
            "body": self._filled(ask.body),
            "note": ask.note,
            "auth": ask.key == "right",
            "status": status,
            "content_type": headers.get("Content-Type", ""),
            "headers": {name: headers[name] for name in HEADERS if name in headers},
            "kind": kind,
            "answer": answer,
        }

    async def _request(self, ask: Ask) -> tuple[int, Any, bytes]:
        daemon = self._daemons[ask.node]
        headers = {
            "right": {"X-API-Key": daemon.api_key},
            "none": {},
            "wrong": {"X-API-Key": "wrong"},
            "bearer": {"Authorization": f"Bearer {daemon.api_key}"},
            "foreign host": {"X-API-Key": daemon.api_key, "Host": "syncthing.example"},
        }[ask.key]
        body = self._filled(ask.body)
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        url = URL(daemon.url).with_path(self._filled(ask.path)).with_query(self._filled(ask.params))
        async with self._session.request(ask.method, url, headers=headers, data=data) as response:
            return response.status, response.headers, await response.read()

    async def _read(self, node: str, path: str, key: str | None = None) -> Any:
        """Send a request that is not recorded, and return one key of the answer, or of each item in a list."""
        url, headers = f"{self._daemons[node].url}{path}", {"X-API-Key": self._daemons[node].api_key}
        async with self._session.get(url, headers=headers) as response:
            answer = await response.json()
        if key is None:
            return answer
        return [item[key] for item in answer] if isinstance(answer, list) else answer[key]

    async def _take_events(self) -> None:
        for name, events in self._events.items():
            node, stream = name.split(":")
            query = "timeout=0&since=" + str(events[-1]["id"] if events else 0)
            if stream == "all":
                query += "&events=" + ",".join(get_args(EventType))
            events.extend(await self._read(node, f"{STREAMS[stream]}?{query}"))

    def _filled(self, value: Any) -> Any:
        """Return a value with the placeholders of IDs, addresses and folders replaced."""
        if isinstance(value, dict):
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return re.sub(r"\{([a-z ]+)\}", self._meaning, value) if isinstance(value, str) else value

    def _meaning(self, match: re.Match[str]) -> str:
        what, _, node = match[1].rpartition(" ")
        if match[1] == "root":
            return str(self._root)
        if match[1] == "version time":
            return self._version_time
        daemon = self._daemons[node]
        device_id = str(daemon.device_id)
        return {"": device_id, "lower": device_id.replace("-", "").lower(), "sync": daemon.sync_address}[what]

    # What is waited for.

    async def _until(self, condition: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await condition():
                await self._take_events()
                await asyncio.sleep(0.1)

    async def _is_idle(self, node: str) -> bool:
        folders = await self._read(node, "/rest/config/folders", "id")
        states = [await self._read(node, f"/rest/db/status?folder={folder}", "state") for folder in folders]
        return set(states) == {"idle"}

    async def _is_complete(self, node: str) -> bool:
        """Return whether a node needs nothing, and the other one needs nothing from it."""
        if not await self._is_idle(node):
            return False
        other = self._daemons["b" if node == "a" else "a"].device_id
        for folder in await self._read(node, "/rest/config/folders", "id"):
            status = await self._read(node, f"/rest/db/status?folder={folder}")
            there = await self._read(node, f"/rest/db/completion?folder={folder}&device={other}")
            # An encrypted share that was just accepted only takes effect with the next connection.
            if folder != "secret" and (status["needTotalItems"] or not status["globalFiles"] or there["needItems"]):
                return False
        return True

    async def _exists(self, name: str, *, there: bool = True) -> bool:
        return (self._root / name).exists() == there

    async def _has_failed(self) -> bool:
        return bool((await self._read("b", "/rest/folder/errors?folder=docs"))["errors"])

    async def _is_paused(self) -> bool:
        connections = await self._read("a", "/rest/system/connections", "connections")
        return not connections[str(self._daemons["b"].device_id)]["connected"]

    async def _scan(self, node: str, folder: str) -> None:
        daemon = self._daemons[node]
        url = f"{daemon.url}/rest/db/scan?folder={folder}"
        async with self._session.post(url, headers={"X-API-Key": daemon.api_key}) as response:
            response.raise_for_status()

    def _write(self, folder: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            path = self._root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    # The file.

    def _written(self) -> str:
        exchanges = ",\n".join(map(_line, self._exchanges))
        events = ",\n".join(
            f"{json.dumps(name)}: [\n" + ",\n".join(map(_line, _thinned(found))) + "\n]"
            for name, found in self._events.items()
        )
        version = json.dumps(_version(self._daemons["a"]))
        text = f'{{"version": {version},\n"exchanges": [\n{exchanges}\n],\n"events": {{\n{events}\n}}}}\n'
        return text.replace(str(self._root), PLACE)


def _version(daemon: Daemon) -> str:
    """Return the version without the suffix that a distribution adds."""
    return re.sub(r"(v[\d.]+).*", r"\1", daemon.version)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _thinned(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first events of each type."""
    seen: Counter[str] = Counter()
    kept: list[dict[str, Any]] = []
    for event in events:
        seen[event["type"]] += 1
        kept += [event] if seen[event["type"]] <= OF_EACH_TYPE else []
    return kept


async def record(binary: Path) -> tuple[str, str]:
    """Run the scenario with three daemons.

    Returns:
        Their version, and the recording.
    """
    with tempfile.TemporaryDirectory(prefix="aiosyncthing-record-") as scratch:
        root = Path(scratch)
        async with AsyncExitStack() as stack:
            daemons = {
                node: await stack.enter_async_context(
                    Daemon(root / node, binary, api_key=f"key-{node}", env={"HOME": str(root / node)})
                )
                for node in ("a", "b", "c")
            }
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return _version(daemons["a"]), await Recorder(root, daemons, session).play()


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path, help="the syncthing program")
    parser.add_argument("file", type=Path, nargs="?", help="the file to write")
    options = parser.parse_args()
    try:
        version, text = asyncio.run(record(options.binary))
    except (SyncthingError, aiohttp.ClientError, OSError, TimeoutError) as error:
        print(f"record: {str(error) or type(error).__name__}", file=sys.stderr)
        return 1
    target = options.file or RECORDINGS / f"{version}.json"
    target.write_text(text, encoding="utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
