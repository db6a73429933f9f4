"""Find the daemon for a command: its address, its key, and what to trust.

Sources, in this order: options; ``AIOSYNCTHING_PROFILE``, ``_URL`` and ``_API_KEY_FILE``; the profile ``default``; the
daemon of this computer. A key and an address never come from different sources, so that no key goes to another host.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiosyncthing.cli.errors import UsageError

from . import keys
from .keys import Key
from .profiles import ALL, Profile, Profiles, config_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from ssl import SSLContext

    from aiosyncthing import Syncthing
    from aiosyncthing.cli.options import Options

_DEFAULT: Final = "default"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KEY_HELP: Final = "add --api-key-file FILE (or - for the standard input), or use a profile"


class _Authorities:
    """The system's CA certificates, which aiohttp loads when it is imported.

    That takes a tenth of the time of most commands, which use a daemon without TLS. So the contexts that are
    created on import get them only when a daemon with TLS is used.
    """

    def __init__(self) -> None:
        self._lock = Lock()  # several daemons may be asked at once, each in its own thread
        self._contexts: list[SSLContext] = []

    @contextmanager
    def left_out(self) -> Generator[None]:
        """Import aiohttp in this block: the contexts that it creates have no CAs, and so refuse any server."""
        import ssl  # noqa: PLC0415 - not needed for help and usage errors

        with self._lock:
            if "aiohttp" in sys.modules:
                yield
                return
            load = ssl.SSLContext.load_default_certs

            def note(context: SSLContext, _: object = None) -> None:
                self._contexts.append(context)

            ssl.SSLContext.load_default_certs = note  # type: ignore[assignment] # for this block only
            try:
                yield
            finally:
                ssl.SSLContext.load_default_certs = load  # type: ignore[method-assign] # likewise

    def load(self) -> None:
        """Load the CA certificates into these contexts."""
        with self._lock:
            while self._contexts:
                self._contexts.pop().load_default_certs()


_AUTHORITIES: Final = _Authorities()


@dataclass(frozen=True)
class Target:
    """The daemon for a command.

    Attributes:
        name: Its name: its profile, ``local``, or the host of its URL.
        source: What specified it, for ``-v``.
        url: Its address; ``None`` if it is found on this computer.
        key: The source of its key; ``None`` if it is found on this computer.
        home: The home of a daemon on this computer; ``None`` to search.
        tls: What to trust: see `trust`.
    """

    name: str
    source: str
    url: str | None = None
    key: Key | None = field(default=None, repr=False)
    home: str | None = None
    tls: str | None = None

    @property
    def local(self) -> bool:
        """Whether it runs on this computer, so that its paths are local ones."""
        if self.url is None:
            return True
        parts = urlsplit(self.url)
        return parts.scheme in {"unix", "unixs"} or parts.hostname in _LOOPBACK

    def client(self, timeout: float, warn: Callable[[str], None]) -> Syncthing:
        """Return a client. This reads the key or searches for the daemon, so call it in a thread.

        Args:
            timeout: Time limit for each request, in seconds.
            warn: Called with warnings.
        """
        with _AUTHORITIES.left_out():
            from aiosyncthing import Syncthing  # noqa: PLC0415 - loads aiohttp

        tls = trust(self.tls)
        if self.url is None or self.key is None:
            client = Syncthing.local(self.home, timeout=timeout, tls=tls)
        else:
            client = Syncthing(self.key.read(warn), self.url, timeout, tls=tls)
        if client.url.startswith(("https:", "unixs:")):
            _AUTHORITIES.load()
        return client


def targets(options: Options, environ: Mapping[str, str]) -> list[Target]:
    """Return the daemons specified by options and environment; several only for several profiles.

    Raises:
        UsageError: They contradict each other, or a profile is invalid.
    """
    profiles = Profiles(config_file(environ), environ)
    if options.profiles:
        _alone("--profile", {"--url": options.url, "--home": options.home, "--api-key-file": options.api_key_file})
        return [of_profile(each, "--profile", options.tls) for each in _chosen(options.profiles, profiles)]
    if options.home is not None:
        _alone("--home", {"--url": options.url, "--api-key-file": options.api_key_file})
        if not options.home:
            raise UsageError("--home must not be empty")
        return [Target("local", f"--home {options.home}", home=options.home, tls=options.tls)]
    if options.url is not None:
        key = Key("file", options.api_key_file) if options.api_key_file else None
        return [_of_url(options.url, key, options.tls, profiles, "--url")]
    if options.api_key_file is not None:
        raise UsageError("--api-key-file needs --url: a key and an address must come from the same source")
    return [_of_environment(environ, profiles, options.tls)]


def trust(text: str | None) -> Any:
    """Return the library's argument ``tls`` for the value of ``--tls``.

    Args:
        text: ``sha256:...`` pins a certificate; ``insecure`` accepts any; ``ca:FILE`` trusts those signed by a CA; the
            name of a file pins the certificate in it.
    """
    from aiosyncthing.tls import CertificateFile, Fingerprint  # noqa: PLC0415 - only where it is needed

    if text is None:
        return None
    if text == "insecure":
        return False
    if text.startswith("sha256:"):
        return Fingerprint(text)
    if text.startswith("ca:"):
        return text.removeprefix("ca:")
    return CertificateFile(text)


def _alone(option: str, others: Mapping[str, str | None]) -> None:
    for other, value in others.items():
        if value is not None:
            raise UsageError(f"{option} and {other} contradict each other: each specifies a daemon")


def _chosen(names: list[str], profiles: Profiles) -> list[Profile]:
    if ALL not in names:
        return [profiles.get(name) for name in dict.fromkeys(names)]
    if not profiles.names:
        raise UsageError(f"there are no profiles in {profiles.file}", hint="`aiosyncthing profile add NAME` adds one")
    return profiles.all()


def of_profile(profile: Profile, source: str, tls: str | None = None) -> Target:
    """Return the daemon of a profile.

    Args:
        profile: The profile.
        source: What specified the profile.
        tls: Overrides what the profile trusts.
    """
    if profile.url is not None:
        check_url(profile.url)
    return Target(
        profile.name,
        f"the profile {profile.name} ({source})",
        profile.url,
        profile.key,
        profile.home,
        tls or profile.tls,
    )


def _of_url(url: str, key: Key | None, tls: str | None, profiles: Profiles, source: str) -> Target:
    check_url(url)
    if key is None:
        profile = profiles.with_url(url)
        if profile is None:
            raise UsageError(f"{source} {url}: there is no key for this address", hint=_KEY_HELP)
        return of_profile(profile, f"{source} {url}", tls)
    return Target(urlsplit(url).hostname or url, f"{source} {url}", url, key, tls=tls)


def _of_environment(environ: Mapping[str, str], profiles: Profiles, tls: str | None) -> Target:
    name, url = environ.get("AIOSYNCTHING_PROFILE"), environ.get("AIOSYNCTHING_URL")
    file = environ.get("AIOSYNCTHING_API_KEY_FILE")
    if name:
        if url or file:
            raise UsageError("AIOSYNCTHING_PROFILE and AIOSYNCTHING_URL contradict each other: each specifies a daemon")
        return of_profile(profiles.get(name), "AIOSYNCTHING_PROFILE", tls)
    if url:
        key = Key("file", file) if file else keys.credential(environ)
        return _of_url(url, key, tls or environ.get("AIOSYNCTHING_TLS"), profiles, "AIOSYNCTHING_URL")
    if file:
        raise UsageError("AIOSYNCTHING_API_KEY_FILE needs AIOSYNCTHING_URL: both must come from the environment")
    if _DEFAULT in profiles:
        return of_profile(profiles.get(_DEFAULT), str(profiles.file), tls)
    return Target("local", "the daemon of this computer", tls=tls)


def check_url(url: str) -> None:
    """Refuse an address that contains a password or is invalid.

    Raises:
        UsageError: It can't be used.
    """
    try:
        parts = urlsplit(url)
        user = parts.username is not None or parts.password is not None
    except ValueError:
        raise UsageError("the URL is invalid: it must look like https://127.0.0.1:8384") from None
    if not url:
        raise UsageError("the URL must not be empty")
    if user:
        raise UsageError("the URL must not contain a user name or a password: leave them out")
    if parts.scheme not in {"http", "https", "unix", "unixs"}:
        hint = "" if parts.scheme or "/" in url else f"for example https://{url}:8384"
        raise UsageError(f"{url!r} is not a URL: it must begin with http://, https://, unix:// or unixs://", hint=hint)
    try:
        _ = parts.port
    except ValueError:
        raise UsageError(f"{url}: the port must be a number from 1 to 65535") from None
