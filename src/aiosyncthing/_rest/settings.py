"""The settings below ``rest/config`` that there is one of each: options, GUI, LDAP and what new folders begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack, cast

from aiosyncthing import _routes
from aiosyncthing.exceptions import BadRequestError

from . import bodies, keys
from .checks import mapping
from .gui_changes import GUIChanges
from .namespace import Namespace
from .patterns import check_patterns, find_misread
from .shapes import IGNORES_OF_DEFAULTS, check, checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aiosyncthing import types as t
    from aiosyncthing.api import API

_OPTIONS: Final[keys.Place] = ("options",)
_GUI: Final[keys.Place] = ("gui",)
_LDAP: Final[keys.Place] = ("ldap",)
_DEFAULT_FOLDER: Final[keys.Place] = ("defaults", "folder")
_DEFAULT_DEVICE: Final[keys.Place] = ("defaults", "device")


class Settings(Namespace):
    """Options, GUI, LDAP and the templates of new folders and devices.

    Args:
        api: The `API` that sends.
    """

    def __init__(self, api: API) -> None:
        super().__init__(api)
        self._gui_changes = GUIChanges(api)

    async def options(self, *, timeout: float | None = None) -> t.OptionsConfiguration:
        """Get the general settings.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.OPTIONS, timeout=timeout)

    async def set_options(self, options: t.OptionsConfiguration, *, timeout: float | None = None) -> None:
        """Replace the general settings; what is left out gets its hard-coded default.

        Args:
            options: All settings.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: A key that doesn't exist.
        """
        await self._check_keys(_OPTIONS, mapping(options, "options"), timeout)
        await self._api.call(_routes.PUT_OPTIONS, data=options, timeout=timeout)

    async def patch_options(
        self,
        patch: t.OptionsPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.OptionsPatch],
    ) -> None:
        """Change general settings: ``patch_options(maxSendKbps=1000)``.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            BadRequestError: A key that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        await self._check_keys(_OPTIONS, body, timeout)
        await self._api.call(_routes.PATCH_OPTIONS, data=body, timeout=timeout)

    async def gui(self, *, timeout: float | None = None) -> t.GUIConfiguration:
        """Get the settings of API and web interface, API key and password hash among them.

        They don't show an address that was overridden when the daemon was started.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.GUI, timeout=timeout)

    async def set_gui(self, gui: t.GUIConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of API and web interface; what is left out gets its hard-coded default.

        The daemon restarts its listener, so other requests under way are cut off, on a busy machine also this one
        (`ConnectionFailedError`, although the change is made); after several changes in a row it is away for up to
        22 s. Two changes at a time can leave it without its API until it is started again, so the changes of one
        client (`set_gui`, `patch_gui`, `replace`) wait for each other: the next one begins when 1.5 s are over
        and the API answers. Other clients and the web interface know nothing of that.

        With another ``apiKey``, ``address`` or ``useTLS`` a new client is needed, and with ``enabled`` false there is
        no API any more. Version 1.19 hashes a password that is a hash already: use `patch_gui` there. From 1.29.4 on,
        leaving out the password sets an empty one.

        Args:
            gui: All settings.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: Without ``apiKey``: the daemon would make a new one and lock this client out. Or a key or
                an enumerated value that doesn't exist.
            SyncthingError: The API has not come back half a minute after the change before; nothing was sent.
        """
        bodies.check_gui(mapping(gui, "gui"), whole=True)
        await self._check_keys(_GUI, gui, timeout)
        async with self._gui_changes.change():
            await self._api.call(_routes.PUT_GUI, data=gui, timeout=timeout)

    async def patch_gui(
        self,
        patch: t.GUIPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.GUIPatch],
    ) -> None:
        """Change settings of API and web interface: ``patch_gui(theme="dark")``.

        See `set_gui` for what else happens. To switch the login off, empty ``user``: an empty ``password`` is stored
        as the hash of nothing.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            BadRequestError: With an empty ``apiKey``: the daemon would make a new one and lock this client out. Or a
                key or an enumerated value that doesn't exist.
            SyncthingError: The API has not come back half a minute after the change before; nothing was sent.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_gui(body, whole=False)
        await self._check_keys(_GUI, body, timeout)
        async with self._gui_changes.change():
            await self._api.call(_routes.PATCH_GUI, data=body, timeout=timeout)

    async def ldap(self, *, timeout: float | None = None) -> t.LDAPConfiguration:
        """Get the settings of LDAP authentication.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.LDAP, timeout=timeout)

    async def set_ldap(self, ldap: t.LDAPConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of LDAP authentication; what is left out gets its hard-coded default.

        Args:
            ldap: All settings.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        bodies.check_ldap(mapping(ldap, "ldap"))
        await self._check_keys(_LDAP, ldap, timeout)
        await self._api.call(_routes.PUT_LDAP, data=ldap, timeout=timeout)

    async def patch_ldap(
        self,
        patch: t.LDAPPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.LDAPPatch],
    ) -> None:
        """Change settings of LDAP authentication.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_ldap(body)
        await self._check_keys(_LDAP, body, timeout)
        await self._api.call(_routes.PATCH_LDAP, data=body, timeout=timeout)

    async def default_folder(self, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the template for new folders.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_FOLDER, timeout=timeout)

    async def set_default_folder(
        self, folder: t.FolderConfiguration | t.FolderPatch, *, timeout: float | None = None
    ) -> None:
        """Replace the template for new folders; what is left out gets its hard-coded default.

        Args:
            folder: The template.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        bodies.check_default_folder(mapping(folder, "folder"))
        await self._check_keys(_DEFAULT_FOLDER, folder, timeout)
        await self._api.call(_routes.PUT_DEFAULT_FOLDER, data=folder, timeout=timeout)

    async def patch_default_folder(
        self,
        patch: t.FolderPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.FolderPatch],
    ) -> None:
        """Change fields of the template for new folders.

        Elements of ``devices`` keep the fields that they have and the patch doesn't name; for that the template is
        read first.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_default_folder(body)
        await self._check_keys(_DEFAULT_FOLDER, body, timeout)
        current: bodies.Body = {}
        if bodies.has_elements(body):
            template = checked(_routes.DEFAULT_FOLDER, await self.default_folder(timeout=timeout))
            current = cast("bodies.Body", template)
        body = bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEFAULT_FOLDER, data=body, timeout=timeout)

    async def default_device(self, *, timeout: float | None = None) -> t.DeviceConfiguration:
        """Get the template for new devices.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_DEVICE, timeout=timeout)

    async def set_default_device(
        self, device: t.DeviceConfiguration | t.DevicePatch, *, timeout: float | None = None
    ) -> None:
        """Replace the template for new devices; what is left out gets its hard-coded default.

        Args:
            device: The template.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        bodies.check_default_device(mapping(device, "device"))
        await self._check_keys(_DEFAULT_DEVICE, device, timeout)
        await self._api.call(_routes.PUT_DEFAULT_DEVICE, data=device, timeout=timeout)

    async def patch_default_device(
        self,
        patch: t.DevicePatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.DevicePatch],
    ) -> None:
        """Change fields of the template for new devices.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_default_device(body)
        await self._check_keys(_DEFAULT_DEVICE, body, timeout)
        if bodies.has_elements(body):
            template = checked(_routes.DEFAULT_DEVICE, await self.default_device(timeout=timeout))
            body = bodies.complete_elements(body, cast("bodies.Body", template))
        await self._api.call(_routes.PATCH_DEFAULT_DEVICE, data=body, timeout=timeout)

    async def default_ignores(self, *, timeout: float | None = None) -> t.DefaultIgnores:
        """Get the ignore patterns that new folders begin with in the web interface.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_IGNORES, timeout=timeout)

    async def set_default_ignores(self, lines: Iterable[str], *, timeout: float | None = None) -> None:
        """Replace the ignore patterns that new folders begin with in the web interface.

        Args:
            lines: The patterns, as in ``.stignore``.
            timeout: Seconds for the request.

        Raises:
            BadRequestError: A pattern that would become another one, as for ``database.set_ignores``, or has control
                characters, which the daemon's configuration file can't hold.
        """
        data = {"lines": check_patterns(lines, stored=True)}
        await self._api.call(_routes.PUT_DEFAULT_IGNORES, data=data, timeout=timeout)

    async def _check_keys(
        self, place: keys.Place, body: object, timeout: float | None, *, patterns: Sequence[str] = ()
    ) -> None:
        """Refuse what no version knows, unless the daemon has it itself or is newer; it is asked only in that case.

        Args:
            place: The part of the configuration that is to be sent.
            body: What is to be sent there.
            timeout: Seconds for the question.
            patterns: The default ignore patterns in it.

        Raises:
            BadRequestError: A key that doesn't exist, or a pattern that the daemon would misread.
        """
        strays = keys.find_strays(place, body)
        misread = {line: reason for line in patterns if (reason := find_misread(line, stored=True))}
        if not (strays or misread):
            return
        sent = await self._api.call(_routes.CONFIG, timeout=timeout)
        check(IGNORES_OF_DEFAULTS, sent, _routes.CONFIG)
        for line, reason in misread.items():
            if line not in bodies.default_ignores(sent):
                raise BadRequestError(reason)
        if not keys.is_newer(self._api.daemon_version):
            keys.check_strays(strays, sent)
