"""What an untrusted device gets."""

from __future__ import annotations

from dataclasses import replace

from pytest_syncthing.model.encryption import Encryption, is_encrypted_parent
from pytest_syncthing.model.items import Item, Kind

FILE = Item("sub/secret.txt", Kind.FILE, 9, 5, "AAAAAAA", (("AAAAAAA", 3), ("BBBBBBB", 4)), digest="x", sequence=7)


def test_nothing_can_be_told_from_what_it_gets() -> None:
    """Name, time, size and content are others; the same password gives the same, and another one something else."""
    encryption = Encryption("a password", "docs")
    made = encryption.conceal(FILE)
    assert "secret" not in made.name
    assert (made.modified_by, made.version, made.sequence) == ("AAAAAAA", (("AAAAAAA", 7),), 7)
    assert made.digest != FILE.digest
    content = encryption.content(b"some text")
    assert len(content) == made.size == 1428  # as a real daemon makes of a few bytes
    assert b"some text" not in content
    assert Encryption("a password", "docs").conceal(FILE) == made
    assert Encryption("another", "docs").conceal(FILE).name != made.name


def test_kinds_of_items() -> None:
    """Directories and links are directories without content, and what is deleted has no size."""
    encryption = Encryption("a password", "docs")
    for kind in (Kind.DIRECTORY, Kind.SYMLINK):
        made = encryption.conceal(replace(FILE, kind=kind, digest=None, size=0))
        assert (made.kind, made.size, made.digest) == (Kind.DIRECTORY, 0, None)
    assert encryption.conceal(replace(FILE, deleted=True, digest=None, size=0)).size == 0


def test_what_comes_back_is_known() -> None:
    """What the other device tells of is taken for the item that it was made of, if it was."""
    encryption = Encryption("a password", "docs")
    made = encryption.conceal(FILE)
    assert encryption.reveal(replace(made, sequence=2)) == replace(FILE, sequence=2)
    assert encryption.plain_name(made.name) == FILE.name
    assert encryption.reveal(replace(made, version=(("AAAAAAA", 8),))) is None


def test_directories_of_the_form_of_names() -> None:
    """The directories that long names are cut into are no items."""
    name = Encryption("a password", "docs").name("x" * 300)
    above = name.rpartition("/")[0]
    while above:
        assert is_encrypted_parent(above)
        above = above.rpartition("/")[0]
    assert not is_encrypted_parent(name)
    assert not is_encrypted_parent("sub")
