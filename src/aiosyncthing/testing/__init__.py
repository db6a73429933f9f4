"""What authors of programs that use Syncthing need for their tests: a fake daemon, and real ones.

`FakeSyncthing` is an HTTP server on loopback with the state of a daemon. Installing the package gives pytest the
fixtures of `aiosyncthing.testing.plugin`.

What the fake does not do:

- Nothing goes over a network but the API: other devices exist in the test only, or are other fakes of the same process.
  There is no discovery, no relay, no NAT, and the ports that it names for those are not open.
- It finds no changes by itself: there is no watcher and no periodic scan. ``FakeFolder.write`` scans, and so does a
  request.
- Most settings have no effect beyond what the API shows. Limits of rates are kept when fakes exchange files, but there
  are no full disks, no ownership and no extended attributes.
- Encrypted folders hide names and contents, but are not encrypted as Syncthing does it.
- Profiles, usage reports, metrics and QR codes have the right form and no meaning. It never upgrades itself.
- Numbers that tell of the machine (memory, goroutines) are made up, and the same in each run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiosyncthing._lazy import LazyNames

if TYPE_CHECKING:
    from ._facts import VERSIONS
    from ._folders import FakeFault, FakeFolder
    from ._http import Request
    from ._real import RealSyncthing, RealSyncthingPair
    from .fake import FakeSyncthing

__all__ = ["VERSIONS", "FakeFault", "FakeFolder", "FakeSyncthing", "RealSyncthing", "RealSyncthingPair", "Request"]

_MODULES = {
    "FakeFault": "_folders",
    "FakeFolder": "_folders",
    "FakeSyncthing": "fake",
    "RealSyncthing": "_real",
    "RealSyncthingPair": "_real",
    "Request": "_http",
    "VERSIONS": "_facts",
}

_names = LazyNames(globals(), _MODULES)


def __getattr__(name: str) -> Any:
    # Loaded on first use: the plugin lies in this package, and is imported in every run of pytest.
    return _names.load(name)


def __dir__() -> list[str]:
    return _names.names()
