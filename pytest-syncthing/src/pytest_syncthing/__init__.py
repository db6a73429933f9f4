"""What authors of programs that use Syncthing need for their tests: a fake daemon, and real ones.

`FakeSyncthing` is an HTTP server on loopback with the state of a daemon. Installing the package gives pytest the
fixtures of `pytest_syncthing.plugin`.

What the fake does not do:

- Nothing goes over a network but the API: other devices exist in the test only, or are other fakes of the same process.
  There is no discovery, no relay, no NAT, and the ports that it names for those are not open.
- It finds no changes by itself: there is no watcher and no periodic scan. ``FakeFolder.write`` scans, and so does a
  request.
- Most settings have no effect beyond what the API shows. Limits of rates are kept when fakes exchange files, but there
  are no full disks, no ownership and no extended attributes.
- Encrypted folders hide names and contents, but are not encrypted as Syncthing does it.
- A login opens no session: there are no cookies. A configuration of an older form is not converted.
- Profiles, usage reports, metrics and QR codes have the right form and no meaning. It never upgrades itself.
- Numbers about the machine (memory, goroutines) are made up, and the same in each run.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .facts import VERSIONS as VERSIONS
    from .fake import FakeSyncthing as FakeSyncthing
    from .handles import FakeFault as FakeFault, FakeFolder as FakeFolder
    from .http.messages import Request as Request
    from .real import RealSyncthing as RealSyncthing, RealSyncthingPair as RealSyncthingPair
else:
    # The plugin lies in this package, which is imported in every run of pytest, so names load when they are first used.
    from aiosyncthing._lazy import lazy

    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "facts": ["VERSIONS"],
            "fake": ["FakeSyncthing"],
            "handles": ["FakeFault", "FakeFolder"],
            "http.messages": ["Request"],
            "real": ["RealSyncthing", "RealSyncthingPair"],
        },
    )

__version__ = "1.0.0"
