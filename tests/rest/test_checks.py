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


@pytest.mark.parametrize("value", ["x", " ", "\0", "0", DeviceID(DEVICE)])
def test_any_text_is_an_id(value: str) -> None:
    """An ID is data: it comes back unchanged."""
    assert required(value, "x") is value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "folder_id must not be empty"),
        (DeviceID(""), "folder_id must not be empty"),
        (None, "folder_id must be a string, not NoneType"),
        (5, "folder_id must be a string, not int"),
        (b"x", "folder_id must be a string, not bytes"),
    ],
)
def test_what_is_no_id(value: Any, message: str) -> None:
    """Nothing and other things than text are refused, and the message names the argument."""
    with pytest.raises(BadRequestError) as caught:
        required(value, "folder_id")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("docs", True),
        ("...", True),
        (".x", True),
        ("a b", True),
        ("/", False),
        ("a/b", False),
        (".", False),
        ("..", False),
    ],
)
def test_what_can_be_part_of_a_path(value: str, *, expected: bool) -> None:
    """An ID with a slash, and those that a path gives a meaning, can't be addressed by a path."""
    assert in_path(value) is expected
    if expected:
        assert device_in_path(value) is value
    else:
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
    """All notations of a device ID mean the same; what is none is only like itself."""
    assert same_device(one, other) is same_device(other, one) is expected


def test_whole_numbers() -> None:
    """Numbers become text, ``None`` is left out, the least one is allowed, and large ones are."""
    assert numbers(a=(1, 1), b=(None, 0), c=(2**63, 0)) == {"a": "1", "c": str(2**63)}
    assert page_params(None, None) == {}
    assert page_params(1, 2) == {"page": "1", "perpage": "2"}
    assert number("n", 0, 0) == "0"


@pytest.mark.parametrize("value", [0, -1, 1.0, 1.5, float("nan"), "1", True, [1], b"1"])
def test_numbers_that_the_daemon_would_not_use(value: Any) -> None:
    """Too small ones and anything else are refused."""
    with pytest.raises(BadRequestError, match="perpage must be a whole number of at least 1"):
        page_params(1, value)


def test_a_number_that_is_needed() -> None:
    """Where there must be a number, ``None`` is none."""
    with pytest.raises(BadRequestError, match="n must be a whole number"):
        number("n", None, 0)  # type: ignore[arg-type] # callers without a type checker


@pytest.mark.parametrize("text", [["a", ""], ("a", ""), iter(["a", ""]), {"a": 1, "": 2}])
def test_lines_of_any_kind(text: Any) -> None:
    """Anything that yields texts will do."""
    assert lines(text) == ["a", ""]


@pytest.mark.parametrize("text", ["*.tmp", "", b"*.tmp", ["a", 1], [None], [b"x"], None, 5])
def test_what_are_no_lines(text: Any) -> None:
    """A single text would be taken apart into characters, and other things are no lines."""
    with pytest.raises(BadRequestError, match="a list of strings is needed"):
        lines(text)


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
    """A text is passed on as it is, with all its digits; a datetime becomes one that Go reads."""
    assert check_log_time(since) == expected


@pytest.mark.parametrize(
    "since",
    ["", "now", "2026-03-01 12:00:00Z", "2026-13-01T12:00:00Z", datetime(2026, 3, 1), 5, None, b"x"],  # noqa: DTZ001 - a time without zone is the point
)
def test_what_is_no_point_in_time(since: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(BadRequestError):
        check_log_time(since)


def test_event_types_have_one_order() -> None:
    """The same set of types is the same text, however it is given: to the daemon it is one subscription."""
    names = list(EVENT_TYPES)
    expected = ",".join(names)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        assert check_event_types(names) == expected
    assert check_event_types(["StateChanged", "ItemStarted", "StateChanged"]) == check_event_types(
        {"ItemStarted", "StateChanged"}
    )
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
    """The daemon would stay silent for ever; the message names the wrong ones."""
    with pytest.raises(BadRequestError) as caught:
        check_event_types(types)
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [{}, {"a": 1}, MappingProxyType({"a": 1})])
def test_any_mapping_is_an_object(value: Any) -> None:
    """It comes back unchanged."""
    assert mapping(value, "x") is value


@pytest.mark.parametrize("value", ["docs", None, 5, [("a", 1)], b"x"])
def test_what_is_no_object(value: Any) -> None:
    """The message names the argument, and what was given."""
    with pytest.raises(BadRequestError) as caught:
        mapping(value, "folder")
    assert str(caught.value) == f"folder must be an object (a dict), not {type(value).__name__}"


@pytest.mark.parametrize("value", [DEVICE, DEVICE.lower(), DEVICE.replace("-", " "), DeviceID(DEVICE)])
def test_a_device_id_in_any_notation(value: str) -> None:
    """It comes back as it was given, since the daemon takes it so."""
    assert device(value) is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", BadRequestError), (5, BadRequestError), ("bad", InvalidDeviceIDError), (DEVICE[:-1], InvalidDeviceIDError)],
)
def test_what_is_no_device_id(value: Any, expected: type[BadRequestError]) -> None:
    """A typing error is one, and not an unknown device."""
    with pytest.raises(expected) as caught:
        device(value)
    assert type(caught.value) is expected
