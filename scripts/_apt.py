"""Unpack packages of the machine's own distribution without installing them.

apt works here on private lists and a private cache, so this needs no root and changes nothing on the machine.
The package sources are those of the machine's own configuration, with another suite.
It needs only the standard library, since it runs before anything is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

SOURCES = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")

# Aliases of the current releases, which sources may use instead of the codename.
ALIASES = frozenset({"stable", "oldstable", "testing", "unstable"})


class SetupError(Exception):
    """A requirement that this machine doesn't meet; the message is one line."""


def codename() -> str:
    """Return the codename of the release this machine runs ("bookworm", "noble", ...)."""
    lines = OS_RELEASE.read_text().splitlines() if OS_RELEASE.exists() else []
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    # Derivatives name the release that they are based on in another field.
    for key in ("UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME"):
        if name := values.get(key, "").strip("\"'"):
            return name
    return ""


def unpack(package: str, suite: str, into: Path, *more: str, dependencies: bool = False) -> None:
    """Download a package of a suite and unpack it.

    Args:
        package: Its name.
        suite: The codename of the release to take it from; need not be the machine's own.
        into: An existing folder.
        *more: The names of other packages to unpack as well.
        dependencies: Whether to unpack everything that the package depends on as well, the C library included.

    Raises:
        SetupError: apt is missing, its configuration names no usable source, or the source cannot be reached.
    """
    for tool in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise SetupError(f"this needs apt (Debian or Ubuntu): there is no {tool} here")
    with tempfile.TemporaryDirectory(prefix="apt-") as scratch:
        state = Path(scratch)
        config = _private_state(state, suite)
        update = _apt(config, state, "update")
        # Nothing counts as installed here, so the missing dependencies are all dependencies.
        command = ["install", "--download-only", "--no-install-recommends", "--yes"] if dependencies else ["download"]
        download = _apt(config, state, *command, package, *more)
        archives = list(state.rglob("*.deb"))
        if download.returncode or not archives:
            _explain(package, suite, update, download)
        for archive in archives:
            subprocess.run(["dpkg-deb", "-x", archive, into], check=True)


def _private_state(state: Path, suite: str) -> Path:
    for name in ("lists/partial", "archives/partial", "sources"):
        (state / name).mkdir(parents=True)
    (state / "status").touch()
    if not _write_sources(state / "sources", suite):
        raise SetupError(f"the apt configuration of this machine names no source of {codename() or 'its release'}")
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    config = state / "apt.conf"
    # Read after the machine's own configuration, whose proxies, credentials and keys still apply.
    config.write_text(
        f"""
        Dir::Etc::SourceList "/dev/null";
        Dir::Etc::SourceParts "{state}/sources";
        Dir::Etc::Preferences "/dev/null";
        Dir::Etc::PreferencesParts "/dev/null";
        Dir::State "{state}";
        Dir::State::Lists "{state}/lists";
        Dir::State::Status "{state}/status";
        Dir::Cache "{state}";
        Dir::Cache::Archives "{state}/archives";
        APT::Architecture "{architecture}";
        #clear APT::Architectures;
        APT::Architectures {{ "{architecture}"; }};
        APT::Default-Release "";
        // The private folders belong to us, apt's own user could not write to them.
        APT::Sandbox::User "";
        Acquire::Languages "none";
        Acquire::Retries "2";
        Acquire::http::Timeout "30";
        Acquire::https::Timeout "30";
        // Hooks of the machine are about the lists and packages of the machine.
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        """
    )
    return config


def _write_sources(folder: Path, suite: str) -> int:
    """Write the machine's sources with another suite, and return their number."""
    count = 0
    own = {codename(), *ALIASES}
    files = [SOURCES / "sources.list", *sorted((SOURCES / "sources.list.d").glob("*"))]
    for number, file in enumerate(file for file in files if file.is_file()):
        if file.suffix == ".sources":
            changed = [_deb822(stanza, own, suite) for stanza in re.split(r"\n\s*\n", file.read_text())]
            separator = "\n\n"
        elif file.suffix == ".list":
            changed = [_one_line(line, own, suite) for line in file.read_text().splitlines()]
            separator = "\n"
        else:
            continue
        if kept := [source for source in changed if source]:
            (folder / f"{number}{file.suffix}").write_text(separator.join(kept) + "\n")
            count += len(kept)
    return count


def _one_line(line: str, own: set[str], suite: str) -> str:
    """Return a line of sources.list for the suite, or "" when it is not the distribution's own."""
    match = re.match(r"\s*deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
    if not match:
        return ""
    options, uri, name, components = match.groups()
    # Third-party sources may use the release's name too, but hardly ever have a component called "main".
    if name not in own or "main" not in components.split():
        return ""
    return f"deb {options or ''}{uri} {suite} {components.strip()}"


def _deb822(stanza: str, own: set[str], suite: str) -> str:
    """Return a stanza of a .sources file for the suite, or "" when it is not the distribution's own."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.lower()
            fields[name] = value.strip()
    if fields.get("enabled", "yes").lower() in {"no", "false", "0"} or "deb" not in fields.get("types", "").split():
        return ""
    if not own.intersection(fields.get("suites", "").split()) or "main" not in fields.get("components", "").split():
        return ""
    fields |= {"types": "deb", "suites": suite, "targets": "Packages"}
    return "\n".join(f"{name.title()}: {value}" for name, value in fields.items())


def _apt(config: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "-q", "-c", str(config), *arguments]
    # LC_ALL: apt's messages are parsed below.
    return subprocess.run(
        ["env", "LC_ALL=C.UTF-8", *command],
        check=False,
        cwd=folder,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _explain(
    package: str,
    suite: str,
    update: subprocess.CompletedProcess[str],
    download: subprocess.CompletedProcess[str],
) -> NoReturn:
    # apt warns (and succeeds) when it could not fetch a list, and then does not find the package.
    said = [line for line in update.stdout.splitlines() if line.startswith(("Err:", "W:", "E:"))]
    if reasons := [line for line in said if "Failed to fetch" in line] or said:
        raise SetupError(f"cannot reach the package source: {reasons[0].removeprefix('W: ').removeprefix('E: ')}")
    last = (download.stdout.strip() or "apt-get download failed").splitlines()[-1]
    raise SetupError(f"cannot get the package {package} of {suite}: {last}")
