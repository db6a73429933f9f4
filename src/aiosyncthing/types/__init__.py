"""The answers, bodies and events of Syncthing's REST API, as types.

For type checkers and editors only: the data itself is what the daemon sent, neither checked nor converted, so
it may also hold keys that are not described here. The names are those of Syncthing's source where it has one. A
key that is not in all supported versions is `NotRequired`; ``>= 2.1.0`` in its description names the first
release that has it, ``< 2.0.0`` the first that hasn't.

Points in time are texts in the form of RFC 3339, for `aiosyncthing.parse_time`; year 1, or the very start of
1970, is never.
Device IDs are in their canonical form.

The names in an enumeration are at hand at run time too: ``typing.get_args(FolderType)``.
"""

TYPE_CHECKING = False  # no need to load typing before the first name is used
if TYPE_CHECKING:
    from .everything import *  # noqa: F403 - all that is public
else:
    from aiosyncthing._lazy import lazy_star

    __getattr__, __dir__ = lazy_star(__name__, "everything")
