"""Which folders and devices are chosen to be paused, and how the choice is stored."""

import json
from typing import Any

import pytest

from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError, UnknownDeviceError, UnknownFolderError
from aiosyncthing.pausing.choice import Choice, state_of, still_paused, things_of
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, THIRD, device, folder

CONFIG: Any = {
    "folders": [folder("a"), folder("b", paused=True), folder("c")],
    "devices": [device(DAEMON_ID), device(OTHER), device(THIRD, paused=True)],
}


def chosen(folders: Any = None, devices: Any = None, config: Any = CONFIG) -> list[str]:
    """Return what is to be paused, folders by ID, and devices by the beginning of theirs."""
    return [each.id[:3] for each in Choice(folders, devices).running(config, DAEMON_ID)]


@pytest.mark.parametrize(
    ("folders", "devices", "expected"),
    [
        (None, None, ["MFZ", "a", "c"]),
        ("all", "all", ["MFZ", "a", "c"]),
        ("all", None, ["a", "c"]),
        (None, "all", ["MFZ"]),
        ("a", None, ["a"]),
        ("b", None, []),
        (["c", "a", "c"], None, ["c", "a"]),
        (iter(["c"]), {OTHER: 1}, ["MFZ", "c"]),
        ([], None, []),
        (None, (), []),
        ([], "all", ["MFZ"]),
        (None, OTHER.lower().replace("-", ""), ["MFZ"]),
        (None, [THIRD, OTHER], ["MFZ"]),
    ],
)
def test_what_runs_is_chosen(folders: Any, devices: Any, expected: list[str]) -> None:
    """One ID, several, or all; an omitted argument chooses nothing, unless both are. The own device is never chosen."""
    assert chosen(folders, devices) == expected


def test_a_folder_called_all() -> None:
    """It makes ``folders="all"`` ambiguous; in a list, "all" is that folder."""
    config = {**CONFIG, "folders": [folder("all"), folder("b")]}
    with pytest.raises(BadRequestError, match=r"pass \['all'\]"):
        chosen("all", config=config)
    assert chosen(["all"], config=config) == ["all"]
    assert chosen(config=config) == ["MFZ", "all", "b"]


@pytest.mark.parametrize(
    ("folders", "devices", "error"),
    [
        *((folders, None, BadRequestError) for folders in ("", ["a", ""], [5], 5, b"a")),
        *((None, devices, BadRequestError) for devices in ("", DAEMON_ID)),
        (None, "phone", InvalidDeviceIDError),
        ("none", None, UnknownFolderError),
        (None, "MLSLJWC-2PNZI52-I2INEVA-PBO6VBN-64XL2PB-5ZHN33C-2KT2TBN-M33MPAU", UnknownDeviceError),
    ],
)
def test_refusals(folders: Any, devices: Any, error: type[Exception]) -> None:
    """Invalid and unknown IDs are refused, and so is the daemon's own."""
    with pytest.raises(error):
        chosen(folders, devices)


def test_a_state_can_be_stored() -> None:
    """A state survives the way through JSON; of its folders and devices, those that are still paused are resumed."""
    things = Choice(["c", "b", "a"], [THIRD]).running(
        {**CONFIG, "folders": [folder("a"), folder("b"), folder("c")]}, ""
    )
    state = state_of(things, DAEMON_ID)
    assert state == {"daemon": DAEMON_ID, "folders": ["c", "b", "a"], "devices": []}
    assert things_of(json.loads(json.dumps(state))) == things
    assert [each.id for each in still_paused(things, CONFIG)] == ["b"]
    third = things_of({"daemon": "", "folders": [], "devices": [THIRD]})
    assert still_paused(third, CONFIG) == third


@pytest.mark.parametrize(
    "state",
    [
        *(None, "docs", ["docs"], {}, {"daemon": "", "folders": ["docs"]}),
        {"daemon": "", "folders": "docs", "devices": []},
        {"daemon": "", "folders": [""], "devices": []},
        {"daemon": "", "folders": [], "devices": [5]},
        {"daemon": None, "folders": [], "devices": []},
    ],
)
def test_other_things_are_no_state(state: Any) -> None:
    """Any other value is refused."""
    with pytest.raises(BadRequestError, match="not the state of a pause"):
        things_of(state)
