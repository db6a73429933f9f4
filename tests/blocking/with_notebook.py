"""Blocking clients in a real notebook kernel, and in a worker thread of trio: ``nox -s notebook`` runs this."""

import asyncio
import threading
from collections.abc import Iterator

import nbclient
import nbformat
import pytest
import trio
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from aiosyncthing.blocking import Syncthing
from pytest_syncthing import FakeSyncthing


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A fake daemon."""
    with FakeSyncthing() as found:
        yield found


def client_of(fake: FakeSyncthing, *cells: str) -> nbclient.NotebookClient:
    """Return a notebook that has a client, and some cells."""
    first = f"from aiosyncthing.blocking import Syncthing\nclient = Syncthing({fake.api_key!r}, {fake.url!r})"
    notebook: NotebookNode = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (first, *cells)]
    return nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", interrupt_on_timeout=True)


def test_cells(fake: FakeSyncthing) -> None:
    """Calls, streams and callbacks work in cells, although an event loop runs there."""
    notebook = client_of(
        fake,
        "print(client.system.version()['version'])",
        "with client.events.stream(since='history') as stream: print(next(stream)['id'])",
        "client.close()",
    ).execute()
    assert [output["text"].strip() for cell in notebook.cells for output in cell["outputs"]] == [fake.version, "1"]


def test_interrupting_a_cell(fake: FakeSyncthing) -> None:
    """The kernel's interrupt ends a call, and the next cell can use the client."""
    held = fake.hold("rest/system/status")
    notebook = client_of(
        fake,
        "try: client.system.status()\nexcept KeyboardInterrupt: print('interrupted')",
        "print(client.system.version()['version'])",
    )

    def interrupt() -> None:
        fake.wait_until(lambda: held.hits)
        asyncio.run(notebook.km.interrupt_kernel())

    thread = threading.Thread(target=interrupt)
    thread.start()
    done = notebook.execute()
    thread.join()
    outputs = [output["text"].strip() for cell in done.cells for output in cell["outputs"]]
    assert outputs == ["interrupted", fake.version]


def test_an_error_in_a_cell(fake: FakeSyncthing) -> None:
    """Errors come out of cells as they are."""
    with pytest.raises(CellExecutionError, match="UnknownFolderError"):
        client_of(fake, "client.database.status('nope')").execute()


def test_in_a_thread_of_trio(fake: FakeSyncthing) -> None:
    """A worker thread of trio has no event loop, so calls are allowed there."""
    with Syncthing(fake.api_key, fake.url) as client:

        async def main() -> str:
            return await trio.to_thread.run_sync(lambda: client.system.version()["version"])

        assert trio.run(main) == fake.version
