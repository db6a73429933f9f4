"""The sections of ``rest/config``: options, GUI, LDAP, and the defaults of new folders and devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Unpack, cast

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import check_patterns, mapping
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing._rest.shapes import IGNORES_OF_DEFAULTS, check, checked
from aiosyncthing.api import API
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.ignores.lines import find_fault

from . import bodies, keys
from .gui_changes import GUIChanges

_OPTIONS: Final[keys.KeyPath] = ("options",)
_GUI: Final[keys.KeyPath] = ("gui",)
_LDAP: Final[keys.KeyPath] = ("ldap",)
_DEFAULT_FOLDER: Final[keys.KeyPath] = ("defaults", "folder")
_DEFAULT_DEVICE: Final[keys.KeyPath] = ("defaults", "device")


class Settings(Namespace):
    """Options, GUI, LDAP, and the defaults of new folders and devices.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        super().__init__(api)
        self._gui_changes = GUIChanges(api)

    async def options(self, *, timeout: float | None = None) -> t.OptionsConfiguration:
        """Get the general settings.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.OPTIONS, timeout=timeout)

    async def set_options(self, options: t.OptionsConfiguration, *, timeout: float | None = None) -> None:
        """Replace the general settings; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            options: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key doesn't exist.
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

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        await self._check_keys(_OPTIONS, body, timeout)
        await self._api.call(_routes.PATCH_OPTIONS, data=body, timeout=timeout)

    async def gui(self, *, timeout: float | None = None) -> t.GUIConfiguration:
        """Get the settings of the API and web interface, including the API key and password hash.

        An address that overrides the configured one, set when the daemon was started, doesn't appear here.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.GUI, timeout=timeout)

    async def set_gui(self, gui: t.GUIConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of the API and web interface; fields that are left out get their built-in defaults.

        The daemon restarts its listener after it has answered. For about a second, this interrupts other requests and
        makes new ones fail with a `ConnectionFailedError`; on a busy machine this request may fail, too, although the
        change is made. `edit` waits until the API is back. After several changes in a row, the API can be unavailable
        for up to 22 s. Two changes at the same time can leave the daemon without an API until it is restarted, so
        changes by one client (`set_gui`, `patch_gui`, `replace`, `edit`) wait for each other: the next one starts when
        3 s have passed and the API answers. This does not cover changes by other clients and the web interface.

        A new ``apiKey``, ``address`` or ``useTLS`` requires a new client. With ``enabled`` false there is no API from
        the daemon's next start on. Syncthing 1.19 hashes a password even if it is already a hash: use `patch_gui`
        there. Since 1.29.4, leaving out the password sets an empty one.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            gui: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: ``apiKey`` is missing, so that the daemon would generate a new one and lock this client
                out, or no client could send it, or a key or an enumerated value doesn't exist.
            SyncthingError: The API has not come back half a minute after the previous change; nothing was sent.
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
        """Change settings of the API and web interface: ``patch_gui(theme="dark")``.

        See `set_gui` for the consequences. To disable the login, empty ``user``; an empty ``password`` is hashed like
        any other.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: ``apiKey`` is empty, so that the daemon would generate a new one and lock this client out,
                or no client could send it, or a key or an enumerated value doesn't exist.
            SyncthingError: The API has not come back half a minute after the previous change; nothing was sent.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_gui(body, whole=False)
        await self._check_keys(_GUI, body, timeout)
        async with self._gui_changes.change():
            await self._api.call(_routes.PATCH_GUI, data=body, timeout=timeout)

    async def ldap(self, *, timeout: float | None = None) -> t.LDAPConfiguration:
        """Get the settings of LDAP authentication.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.LDAP, timeout=timeout)

    async def set_ldap(self, ldap: t.LDAPConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of LDAP authentication; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            ldap: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
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

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_ldap(body)
        await self._check_keys(_LDAP, body, timeout)
        await self._api.call(_routes.PATCH_LDAP, data=body, timeout=timeout)

    async def default_folder(self, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the defaults of new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.DEFAULT_FOLDER, timeout=timeout)

    async def set_default_folder(
        self, folder: t.FolderConfiguration | t.FolderPatch, *, timeout: float | None = None
    ) -> None:
        """Replace the defaults of new folders; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder: The defaults.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
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
        """Change defaults of new folders.

        Elements of ``devices`` keep the fields that the patch doesn't mention; for that, the defaults are read first.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
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
        """Get the defaults of new devices.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.DEFAULT_DEVICE, timeout=timeout)

    async def set_default_device(
        self, device: t.DeviceConfiguration | t.DevicePatch, *, timeout: float | None = None
    ) -> None:
        """Replace the defaults of new devices; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device: The defaults.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
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
        """Change defaults of new devices.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_default_device(body)
        await self._check_keys(_DEFAULT_DEVICE, body, timeout)
        if bodies.has_elements(body):
            template = checked(_routes.DEFAULT_DEVICE, await self.default_device(timeout=timeout))
            body = bodies.complete_elements(body, cast("bodies.Body", template))
        await self._api.call(_routes.PATCH_DEFAULT_DEVICE, data=body, timeout=timeout)

    async def default_ignores(self, *, timeout: float | None = None) -> t.DefaultIgnores:
        """Get the ignore patterns that the web interface suggests for new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.DEFAULT_IGNORES, timeout=timeout)

    async def set_default_ignores(self, lines: Iterable[str], *, timeout: float | None = None) -> None:
        """Replace the ignore patterns that the web interface suggests for new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            lines: The patterns, as in ``.stignore``.
            timeout: Time limit for the request, in seconds.

        Raises:
            BadRequestError: The daemon would read a pattern as another one (see ``database.set_ignores``), or a pattern
                contains control characters, which the daemon's configuration file can't store.
        """
        data = {"lines": check_patterns(lines, stored=True)}
        await self._api.call(_routes.PUT_DEFAULT_IGNORES, data=data, timeout=timeout)

    async def _check_keys(
        self, place: keys.KeyPath, body: object, timeout: float | None, *, patterns: Sequence[str] = ()
    ) -> None:
        """Refuse keys and patterns that no version accepts, unless this daemon has them already or is newer.

        The daemon is asked only if there is something to refuse.

        Args:
            place: The part of the configuration to be sent.
            body: The body to be sent.
            timeout: Time limit for the request, in seconds.
            patterns: The default ignore patterns in the body.

        Raises:
            BadRequestError: A key doesn't exist, or the daemon would misread a pattern.
        """
        strays = keys.find_strays(place, body)
        misread = {line: reason for line in patterns if (reason := find_fault(line, stored=True))}
        if not (strays or misread):
            return
        sent = await self._api.call(_routes.CONFIG, timeout=timeout)
        check(IGNORES_OF_DEFAULTS, sent, _routes.CONFIG)
        for line, reason in misread.items():
            if line not in bodies.default_ignores(sent):
                raise BadRequestError(reason)
        if not keys.is_newer(self._api.daemon_version):
            keys.check_strays(strays, sent)
