"""Changes of the API's own settings, after which the daemon reopens its listener."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiosyncthing import Daemon
from aiosyncthing.exceptions import ConnectionFailedError
from tests.support.waiting import until

__all__ = ["change"]


async def change(daemon: Daemon, make: Callable[[], Awaitable[None]] | None = None, **expected: Any) -> Any:
    """Change settings, and return all of them once they are in effect.

    On a busy machine the old listener may be closed before the change is answered; the change is then repeated.

    Args:
        daemon: The daemon.
        make: Makes the change; by default it is a patch.
        **expected: The settings afterwards. The password, and settings that this version doesn't have, are ignored.
    """
    made = False

    async def settings() -> Any:
        nonlocal made
        try:
            if not made:
                await (make() if make else daemon.client.config.patch_gui(expected))
                made = True
            gui: Any = await daemon.client.config.gui()
        except ConnectionFailedError:
            return None
        fits = all(gui[key] == value for key, value in expected.items() if key in gui and key != "password")
        return gui if fits else None

    return await until(settings)
