"""Checks of arguments."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from aiosyncthing._rest.checks import (
    check_event_types,
    check_log_time,
    device,
    device_in_path,
    in_path,
    lines,
    mapping,
    number,
    numbers,
    page_params,
    required,
    same_device,
)
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError
from aiosyncthing.types import EVENT_TYPES
from tests.support.calls import DEVICE


def test_ids() -> None:
    """Any string is returned unchanged; an empty one or another type is refused, and the message names the argument."""
    for value in ("x", " ", "\0", "0", DeviceID(DEVICE)):
        assert required(value, "x") is value
    wrong: tuple[Any, ...] = ("", DeviceID(""), None, 5, b"x")
    for value in wrong:
        said = "not be empty" if value == "" else f"be a string, not {type(value).__name__}"
        with pytest.raises(BadRequestError, match=f"^folder_id must {said}$"):
            required(value, "folder_id")


def test_ids_in_paths() -> None:
    """An ID with a slash, or one with a meaning in paths, can't be part of a path."""
    for value in ("docs", "...", ".x", "a b"):
        assert in_path(value)
        assert device_in_path(value) is value
    for value in ("/", "a/b", ".", ".."):
        assert not in_path(value)
        with pytest.raises(InvalidDeviceIDError, match=r"^that is not a device ID$"):
            device_in_path(value, "that")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (DEVICE, DEVICE, True),
        (DEVICE, DEVICE.replace("-", " ").lower(), True),
        (DEVICE[:7], DEVICE[:7], True),
        (DEVICE, DEVICE[:7], False),
        (DEVICE, "", False),
        ("nonsense", DEVICE, False),
    ],
)
def test_notations_of_a_device(one: str, other: str, *, expected: bool) -> None:
    """All notations of a device ID mean the same; an invalid one equals only itself."""
    assert same_device(one, other) is same_device(other, one) is expected


def test_device_ids() -> None:
    """A device ID is returned as given, in any notation; a mistyped one is not taken for an unknown device."""
    for value in (DEVICE, DEVICE.lower(), DEVICE.replace("-", " "), DeviceID(DEVICE)):
        assert device(value) is value
    wrong: tuple[Any, ...] = ("", 5, "bad", DEVICE[:-1])
    for value in wrong:
        with pytest.raises(BadRequestError) as caught:
            device(value)
        assert type(caught.value) is (InvalidDeviceIDError if value in {"bad", DEVICE[:-1]} else BadRequestError)


def test_whole_numbers() -> None:
    """Numbers become strings; those below the minimum and other values are refused. ``None`` may be left out."""
    assert numbers(a=(1, 1), b=(None, 0), c=(2**63, 0)) == {"a": "1", "c": str(2**63)}
    assert page_params(None, None) == {}
    assert page_params(1, 2) == {"page": "1", "perpage": "2"}
    assert number("n", 0, 0) == "0"
    wrong: tuple[Any, ...] = (0, -1, 1.0, 1.5, float("nan"), "1", True, [1], b"1")
    for value in wrong:
        with pytest.raises(BadRequestError, match="perpage must be a whole number of at least 1"):
            page_params(1, value)
    with pytest.raises(BadRequestError, match="n must be a whole number"):
        number("n", None, 0)  # type: ignore[arg-type] # callers without a type checker


def test_lines() -> None:
    """Any iterable of strings is accepted; a single string would be split into characters, others are no lines."""
    for text in (["a", ""], ("a", ""), iter(["a", ""]), {"a": 1, "": 2}):
        assert lines(text, "x") == ["a", ""]
    wrong: tuple[Any, ...] = ("*.tmp", "", b"*.tmp", ["a", 1], [None], [b"x"], None, 5)
    for text in wrong:
        with pytest.raises(BadRequestError, match=r"addresses must be a list of strings, (not|without) "):
            lines(text, "addresses")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00.123456789+01:00", "2026-03-01T12:00:00.123456789+01:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        (datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-5))), "2026-03-01T17:00:00+00:00"),
        (datetime(1890, 1, 1, 12, tzinfo=timezone(timedelta(seconds=3208))), "1890-01-01T11:06:32+00:00"),
    ],
)
def test_points_in_time(since: str | datetime, expected: str) -> None:
    """A string is passed on with all its digits; a datetime becomes one that Go can parse."""
    assert check_log_time(since) == expected


@pytest.mark.parametrize(
    "since",
    ["", "now", "2026-03-01 12:00:00Z", "2026-13-01T12:00:00Z", datetime(2026, 3, 1), 5, None, b"x"],  # noqa: DTZ001 - a time without a zone is the point
)
def test_invalid_points_in_time(since: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(BadRequestError):
        check_log_time(since)


def test_event_types() -> None:
    """The same set of types always becomes the same string: to the daemon it is one subscription."""
    names = list(EVENT_TYPES)
    expected = ",".join(names)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        assert check_event_types(names) == expected
    assert check_event_types(["StateChanged", "ItemStarted", "StateChanged"]) == "ItemStarted,StateChanged"
    assert check_event_types("StateChanged") == check_event_types(iter(["StateChanged"])) == "StateChanged"


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (["StateChanged", "stateChanged"], "unknown event types: stateChanged"),
        (["B", "A", None], "unknown event types: A, B, None"),
        ("StateChanged,ItemStarted", "unknown event types: StateChanged,ItemStarted"),
        ("", "unknown event types"),
        ([], "at least one event type is needed"),
    ],
)
def test_unknown_event_types(types: Any, message: str) -> None:
    """Unknown event types, for which the daemon would stay silent forever, are refused by name."""
    with pytest.raises(BadRequestError) as caught:
        check_event_types(types)
    assert message in str(caught.value)


def test_objects() -> None:
    """Any mapping is returned unchanged; for anything else, the message names the argument and the type."""
    for value in ({}, {"a": 1}, MappingProxyType({"a": 1})):
        assert mapping(value, "x") is value
    for other in ("docs", None, 5, [("a", 1)], b"x"):
        with pytest.raises(BadRequestError) as caught:
            mapping(other, "folder")  # type: ignore[arg-type] # callers without a type checker
        assert str(caught.value) == f"folder must be an object (a dict), not {type(other).__name__}"
