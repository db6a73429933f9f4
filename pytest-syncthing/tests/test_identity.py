"""Who a fake is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import DeviceID
from aiosyncthing.local import discover
from pytest_syncthing import identity

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = identity.certificate("its HTTPS")


def test_a_name_has_one_identity() -> None:
    """The same in each run, and another for each name."""
    assert identity.device_id("fake") == "A3YSPWF-YMXM4GU-2WBZT67-JBM6ERU-ISFITE4-4T3F3M4-QDIW4QQ-Z76P3QD"
    assert identity.device_id("fake") == DeviceID.from_certificate(identity.certificate("fake"))
    names = ["fake", "", "Fake", "ü", "a b"]
    assert len({identity.device_id(name) for name in names}) == len(names)
    assert len({identity.api_key(name) for name in names}) == len(names)


def test_keys_look_like_those_of_the_daemon() -> None:
    """32 letters and digits."""
    for name in ("fake", "", "ü"):
        key = identity.api_key(name)
        assert len(key) == 32
        assert key.isascii()
        assert key.isalnum()


def test_a_home(tmp_path: Path) -> None:
    """What lies in it tells of address, key and certificate, and nobody else may read it."""
    home = tmp_path / "a" / "home"
    gui = {"useTLS": True, "address": "127.0.0.1:1234", "apiKey": '<key> & "more"'}
    identity.write_home(home, "fake", gui, CERTIFICATE)
    daemon = discover(home)
    assert (daemon.url, daemon.api_key, daemon.home) == ("https://127.0.0.1:1234", gui["apiKey"], home)
    assert daemon.certificate == home / "https-cert.pem"
    assert DeviceID.from_certificate((home / "cert.pem").read_bytes()) == identity.device_id("fake")
    assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}
    identity.write_home(home, "fake", {**gui, "useTLS": False}, CERTIFICATE)
    assert discover(home).url == "http://127.0.0.1:1234"


def test_a_configuration_that_changes(tmp_path: Path) -> None:
    """It is written anew, unless somebody has deleted the home."""
    gui = {"useTLS": False, "address": "127.0.0.1:1234", "apiKey": "key"}
    identity.write_home(tmp_path / "home", "fake", gui, CERTIFICATE)
    identity.write_config(tmp_path / "home", {**gui, "apiKey": "another key"})
    assert discover(tmp_path / "home").api_key == "another key"
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"config.xml", "cert.pem", "https-cert.pem"}
    identity.write_config(tmp_path / "gone", gui)
    assert not (tmp_path / "gone").exists()


def test_a_certificate_that_changes(tmp_path: Path) -> None:
    """It is written again, unless the home was deleted."""
    identity.write_certificate(tmp_path / "home", CERTIFICATE)
    assert not (tmp_path / "home").exists()
    identity.write_certificate(tmp_path, CERTIFICATE)
    assert (tmp_path / "https-cert.pem").read_text() == CERTIFICATE
