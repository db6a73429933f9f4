"""Types of the answers, bodies and events of Syncthing's REST API.

They are for type checkers and editors only: the data is what the daemon sent, neither checked nor converted, so it may
contain keys that are not described here. The names are those of Syncthing's source, where there is one. A key that
some supported versions don't have is `NotRequired`; its description says ``>= 2.1.0`` for the first release with it, or
``< 2.0.0`` for the first without.

Times are strings in RFC 3339 format, for `aiosyncthing.parse_time`; the year 1, or the very start of 1970, means never.
Device IDs are in canonical form.

The values of enumerations are available at run time, too: ``typing.get_args(FolderType)``.
"""

TYPE_CHECKING = False  # no need to load typing before the first name is used
if TYPE_CHECKING:
    from .everything import *  # noqa: F403 - all that is public
else:
    from aiosyncthing._lazy import lazy_star

    __getattr__, __dir__ = lazy_star(__name__, "everything")
