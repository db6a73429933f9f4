"""``rest/config`` and ``rest/system/config``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.config import configuration
from pytest_syncthing.http.messages import EMPTY, Response, as_json

from .common import answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_syncthing.config.configuration import Config
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_PANIC: Final = 2  # how a program of Go ends then


def _read(find: Callable[..., Any], *arguments: str) -> Callable[..., Response]:
    """Answer with a part of the configuration."""

    def answer(node: Node, _: Request, *ids: str) -> Response:
        return as_json(find(node.config, *arguments, *ids))

    return answer


def _write(change: Callable[..., Config], *arguments: str) -> Callable[..., Response]:
    """Make what the body asks for."""

    def answer(node: Node, request: Request, *ids: str) -> Response:
        _commit(node, change(node.facts, node.device_id, node.config, *arguments, *ids, request.body))
        return EMPTY

    return answer


def _put_one(change: Callable[..., Config]) -> Callable[..., Response]:
    """Do the same whatever the path says: the ID is taken from the body."""
    write = _write(change)

    def answer(node: Node, request: Request, _: str) -> Response:
        return write(node, request)

    return answer


def _delete(change: Callable[..., Config]) -> Callable[..., Response]:
    def answer(node: Node, _: Request, element_id: str) -> Response:
        _commit(node, change(node.facts, node.device_id, node.config, element_id))
        return EMPTY

    return answer


@answers(_routes.RESTART_REQUIRED)
def _restart_required(node: Node, _: Request) -> Response:
    return as_json({"requiresRestart": node.restart_required})


@answers(_routes.CONFIG_INSYNC, _routes.SYSTEM_CONFIG_INSYNC)
def _in_sync(node: Node, _: Request) -> Response:
    return as_json({"configInSync": not node.restart_required})


def _commit(node: Node, config: Config) -> None:
    if configuration.is_fatal(node.facts, config):
        node.on_end(_PANIC)  # before anything is saved
        return
    settings = partial(configuration.restart_settings, node.facts)
    if settings(node.config) != settings(config):
        node.restart_required = True
    node.commit(config)


def _whole(config: Config) -> Config:
    return config


def _list(config: Config, key: str) -> Any:
    return config[key]


for _get, _put, _patch, _section in (
    (_routes.OPTIONS, _routes.PUT_OPTIONS, _routes.PATCH_OPTIONS, "options"),
    (_routes.GUI, _routes.PUT_GUI, _routes.PATCH_GUI, "gui"),
    (_routes.LDAP, _routes.PUT_LDAP, _routes.PATCH_LDAP, "ldap"),
    (_routes.DEFAULT_FOLDER, _routes.PUT_DEFAULT_FOLDER, _routes.PATCH_DEFAULT_FOLDER, "defaults/folder"),
    (_routes.DEFAULT_DEVICE, _routes.PUT_DEFAULT_DEVICE, _routes.PATCH_DEFAULT_DEVICE, "defaults/device"),
    (_routes.DEFAULT_IGNORES, _routes.PUT_DEFAULT_IGNORES, None, "defaults/ignores"),
):
    answers(_get)(_read(configuration.get_section, _section))
    answers(_put)(_write(configuration.put_section, _section))
    if _patch is not None:
        answers(_patch)(_write(configuration.patch_section, _section))

answers(_routes.CONFIG, _routes.SYSTEM_CONFIG)(_read(_whole))
answers(_routes.REPLACE_CONFIG, _routes.POST_SYSTEM_CONFIG)(_write(configuration.replace))
answers(_routes.FOLDERS)(_read(_list, "folders"))
answers(_routes.PUT_FOLDERS)(_write(configuration.put_folders))
answers(_routes.POST_FOLDER)(_write(configuration.put_folder))
answers(_routes.FOLDER)(_read(configuration.get_folder))
answers(_routes.PUT_FOLDER)(_put_one(configuration.put_folder))
answers(_routes.PATCH_FOLDER)(_write(configuration.patch_folder))
answers(_routes.DELETE_FOLDER)(_delete(configuration.delete_folder))
answers(_routes.DEVICES)(_read(_list, "devices"))
answers(_routes.PUT_DEVICES)(_write(configuration.put_devices))
answers(_routes.POST_DEVICE)(_write(configuration.put_device))
answers(_routes.DEVICE)(_read(configuration.get_device))
answers(_routes.PUT_DEVICE)(_put_one(configuration.put_device))
answers(_routes.PATCH_DEVICE)(_write(configuration.patch_device))
answers(_routes.DELETE_DEVICE)(_delete(configuration.delete_device))
