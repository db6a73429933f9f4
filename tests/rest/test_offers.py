"""Choosing among the offers of a folder."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.config.offers import choose, find_type, label_of
from aiosyncthing.exceptions import BadRequestError, UnknownDeviceError

PLAIN: Any = {"time": "2026-01-02T00:00:00Z", "label": "New", "receiveEncrypted": False, "remoteEncrypted": False}
ENCRYPTED: Any = {**PLAIN, "receiveEncrypted": True}
UNTRUSTING: Any = {**PLAIN, "remoteEncrypted": True}


def test_choosing() -> None:
    """All devices that offer it are chosen, or the given ones, which must offer it."""
    offers = {"A": PLAIN, "B": ENCRYPTED}
    assert choose(offers, None) == offers
    assert choose(offers, ["B"]) == {"B": ENCRYPTED}
    with pytest.raises(UnknownDeviceError, match="device C doesn't offer"):
        choose(offers, ["A", "C"])


def test_the_label() -> None:
    """The label is that of the latest offer that has one."""
    assert label_of({"A": PLAIN, "B": {**PLAIN, "time": "2026-01-01T00:00:00Z", "label": "Old"}}) == "New"
    assert label_of({"A": PLAIN, "B": {**PLAIN, "time": "2026-01-03T00:00:00Z", "label": ""}}) == "New"
    assert label_of({"A": {**PLAIN, "label": ""}}) == ""
    nothing: Any = {"A": {}}
    assert label_of(nothing) == ""


@pytest.mark.parametrize(
    ("offers", "wanted", "expected"),
    [
        ([PLAIN], None, "sendreceive"),
        ([PLAIN, PLAIN], "receiveonly", "receiveonly"),
        ([ENCRYPTED], None, "receiveencrypted"),
        ([ENCRYPTED, ENCRYPTED], "receiveencrypted", "receiveencrypted"),
        ([ENCRYPTED, UNTRUSTING], "receiveencrypted", "receiveencrypted"),  # both exchange encrypted data
    ],
)
def test_the_type(offers: list[Any], wanted: Any, expected: str) -> None:
    """A folder that is offered as encrypted becomes ``receiveencrypted``; otherwise the type can be chosen."""
    assert find_type({str(i): offer for i, offer in enumerate(offers)}, wanted) == expected


@pytest.mark.parametrize(
    ("offers", "wanted", "reason"),
    [
        ([ENCRYPTED], "sendreceive", "0 would send encrypted data"),
        ([PLAIN, ENCRYPTED], None, "1 would send encrypted data"),
        ([PLAIN, ENCRYPTED], "receiveencrypted", "0 would send unencrypted data"),
        ([PLAIN], "receiveencrypted", "0 would send unencrypted data"),
        ([UNTRUSTING], None, "0 only has encrypted data"),
    ],
)
def test_types_that_do_not_fit(offers: list[Any], wanted: Any, reason: str) -> None:
    """The daemons would refuse to synchronise, so that is refused with the devices that don't fit."""
    with pytest.raises(BadRequestError, match=reason):
        find_type({str(i): offer for i, offer in enumerate(offers)}, wanted)
