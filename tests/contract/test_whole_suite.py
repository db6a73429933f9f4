"""After all other tests: every method and route was used, and every event is described.

Where the daemon's traps that a client can meet are covered:

==  ==================================================================  ==============================================
1   writes answer with an empty body                                    every write, by the observer
2   restart, shutdown and reset answer in text/plain                    test_lifecycle
3   a scan blocks until it is done, and continues without its client    test_contents
4   a scan of all folders reports no reasons                            test_refusals
5   override and revert never fail                                      test_refusals, test_syncing
6   pause and resume answer before they take effect                     test_syncing
7   folders are paused only by a patch                                  test_refusals
8   after a patch a folder may not be running yet                       documented; the tests wait
9   prioritizing answers with a list                                    test_syncing, test_names
10  a reset of one folder restarts the daemon                           test_lifecycle
11  bad numbers and booleans become the default                         test_contents, tests/rest (refused)
12  lists don't remove; the path's ID is ignored; unknown ones vanish   test_configuring, test_refusals
13  elements of a patched list inherit from others                      test_configuring
14  no version: silent migrations                                       tests/rest (refused)
15  unknown values become the default                                   test_configuring
16  1.19 crashes on an unknown type of versioning                       tests/rest (refused)
17  ignore patterns without the key are wiped                           test_contents: the key is always sent
18  a folder without a path is the home directory                       tests/rest (refused)
19  unknown devices are silently left out of folders                    test_configuring
20  some IDs can't be in a path                                         test_names
21  changes of the listener cut off requests; many keep it away         test_lifecycle
22  event IDs start again; silence ahead of them; negative ones         test_lifecycle, tests/rest (refused)
23  a new mask starts empty                                             test_listening
24  each mask has IDs of its own                                        test_listening
25  configurations contain secrets                                      documented
26  idle connections are closed after 15 s                              tests of the session: 10 s on this side
27  a silent connection stalls the daemon                               none is opened ahead
28  a redirect to https                                                 test_access
29  version 2's profiles are open to all                                documented; test_refusals for the key holder
30  a required restart stays required                                   test_lifecycle
31  version 2 has no warnings among the errors                          test_debugging
32  the daemon's own device is in some lists                            test_answers
33  statistics lack paused folders                                      test_refusals
34  directories have 128 bytes                                          test_contents
35  completions of 0 and 95                                             test_contents, test_syncing
36  1.19 has no totals if any folder is paused                          test_refusals
37  reports and bundles take seconds                                    their time limits
38  the "+" of a time                                                   test_debugging
39  builds without upgrades                                             test_refusals
40  device IDs: errors with status 200                                  test_names
==  ==================================================================  ==============================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aiosyncthing import _routes
from aiosyncthing.exceptions import NotSupportedError

if TYPE_CHECKING:
    from aiosyncthing import Daemon

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
