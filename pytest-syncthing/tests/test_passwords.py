"""Passwords of the fake's web interface."""

from __future__ import annotations

from pytest_syncthing.http.passwords import check_password, hash_password, is_hashed


def test_hashes() -> None:
    """A hash is always the same, looks like one of bcrypt, and fits its password only."""
    hashed = hash_password("pass: wörd\ud800")
    assert hashed == hash_password("pass: wörd\ud800")
    assert is_hashed(hashed)
    assert len(hashed) == 60
    assert check_password(hashed, "pass: wörd\ud800")
    assert not check_password(hashed, "other")
    assert not check_password("", "")
    assert not is_hashed("$2a$10$short")
