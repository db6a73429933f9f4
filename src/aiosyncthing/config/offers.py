"""The offers of a pending folder: which to accept, and the label and type they imply. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.lookup import missing
from aiosyncthing.exceptions import BadRequestError, UnknownDeviceError


def choose(
    offers: Mapping[str, t.PendingFolderOffer], devices: Iterable[str] | None
) -> dict[str, t.PendingFolderOffer]:
    """Return the offers of these devices, or of all.

    Raises:
        UnknownDeviceError: One of the devices doesn't offer the folder.
    """
    chosen = list(offers) if devices is None else list(devices)
    for each in chosen:
        if each not in offers:
            raise missing(UnknownDeviceError, f"device {each} doesn't offer the folder", _routes.PENDING_FOLDERS)
    return {each: offers[each] for each in chosen}


def label_of(offers: Mapping[str, t.PendingFolderOffer]) -> str:
    """Return the label in the latest offer that has one."""
    labels = [(offer.get("time", ""), offer.get("label", "")) for offer in offers.values()]
    return max((each for each in labels if each[1]), default=("", ""))[1]


def find_type(offers: Mapping[str, t.PendingFolderOffer], wanted: t.FolderType | None) -> t.FolderType:
    """Return the type that a folder must have on this device.

    Args:
        offers: The offers to accept.
        wanted: The type that was asked for, if any.

    Raises:
        BadRequestError: No type fits all offers, or not the one that was asked for.
    """
    encrypted = [device for device, offer in offers.items() if offer.get("receiveEncrypted")]
    plain = [device for device in offers if device not in encrypted]
    if wanted == "receiveencrypted" or (wanted is None and not plain):
        if plain and not all(offers[device].get("remoteEncrypted") for device in plain):
            raise BadRequestError(
                f"{', '.join(plain)} would send unencrypted data: choose another type, or other devices"
            )
        return "receiveencrypted"
    if encrypted:
        raise BadRequestError(
            f"{', '.join(encrypted)} would send encrypted data, so the type must be 'receiveencrypted': choose that, or"
            " other devices"
        )
    if untrusting := [device for device in plain if offers[device].get("remoteEncrypted")]:
        raise BadRequestError(
            f"{', '.join(untrusting)} only has encrypted data",
            remedy="use config.add_folder, whose devices can have an encryptionPassword",
        )
    return wanted or "sendreceive"
