"""After all other tests: every method and route was used, and every event is described."""

import pytest

from aiosyncthing import Daemon, _routes
from aiosyncthing.exceptions import NotSupportedError

from .conftest import Pair
from .observer import Observer
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Routes that no daemon answers here, with the reason.
NEVER_ANSWERED = {"CHECK_UPGRADE": "upgrades are disabled here", "UPGRADE": "a test must not download another daemon"}
EXPECTED_EVENTS = {
    *("Starting", "StartupComplete", "ConfigSaved", "ListenAddressesChanged", "StateChanged"),
    *("DeviceConnected", "DeviceDisconnected", "DevicePaused", "DeviceResumed", "PendingDevicesChanged"),
    *("FolderCompletion", "FolderErrors", "FolderPaused", "FolderResumed", "FolderSummary", "PendingFoldersChanged"),
    *("LocalChangeDetected", "LocalIndexUpdated", "RemoteChangeDetected", "RemoteIndexUpdated"),
    *("ItemStarted", "ItemFinished", "DownloadProgress", "RemoteDownloadProgress"),
}


@pytest.fixture(autouse=True)
def all_others_have_run(request: pytest.FixtureRequest) -> None:
    """Require that all other tests of this folder have run."""
    folder = request.path.parent
    chosen = {item.path for item in request.session.items if item.path.parent == folder}
    missing = sorted(path.name for path in folder.glob("test_*.py") if path not in chosen)
    assert not missing, f"run the whole of {folder.name}; these have not run: {', '.join(missing)}"


async def test_every_method_was_called(observer: Observer) -> None:
    """Each public method was called."""
    assert observer.methods
    missing = sorted(observer.methods - observer.called)
    assert not missing, "call these in tests/contract, for example in test_answers.py"


async def test_every_route_was_answered(observer: Observer, version: Version) -> None:
    """Each route was answered, or the error said that this version doesn't have it."""
    for name, route in _routes.ROUTES.items():
        if name in NEVER_ANSWERED:
            assert name not in observer.answered
            assert observer.refused[name], name
        elif version.has(route):
            assert name in observer.answered, (
                f"call {name} in tests/contract/test_answers.py, and give the fake a handler in pytest_syncthing/rest"
            )
        else:
            assert name not in observer.answered
            assert NotSupportedError in observer.refused[name], f"add {name} to SOMETIMES in test_answers.py"


async def test_every_event_fits(pair: Pair, lone: Daemon, observer: Observer) -> None:
    """All events that the daemons still hold are described."""
    for daemon in (pair.a, pair.b, lone):
        await daemon.client.events.poll(timeout=0)
        await daemon.client.events.disk(timeout=0)
    assert observer.take_misfits() == []
    assert sorted(EXPECTED_EVENTS - observer.events) == []
