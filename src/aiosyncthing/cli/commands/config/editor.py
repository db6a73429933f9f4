"""Edit settings as JSON in the user's editor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.cli.errors import UsageError, message_of
from aiosyncthing.cli.programs.editors import Draft
from aiosyncthing.config import Change, compare, hide_secrets
from aiosyncthing.exceptions import SyncthingError

from .changes import current_of, replace
from .paths import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing import ConfigEdit

_COMMENT: Final = "#"
_ABOUT: Final = (
    "Save and close the editor to continue. Without a change, nothing happens.",
    "Passwords and keys are shown as <redacted>; leave that to keep them.",
)


class SettingsDraft:
    """A part of the configuration that the user edits.

    Args:
        config: The configuration.
        path: The path of the part.
        environ: The environment, which names the editor.

    Attributes:
        draft: The text in its file.
    """

    def __init__(self, config: dict[str, Any], path: str, environ: Mapping[str, str]) -> None:
        self._config = config
        self._place = resolve(path, config)
        self._shown = hide_secrets(self._place, current_of(config, self._place))
        self._text = json.dumps(self._shown, ensure_ascii=False, indent=2) + "\n"
        self.draft: Draft = Draft(environ, ".json")

    async def changes(self, editing: ConfigEdit, *, again: bool) -> list[Change]:
        """Open the editor until its text can be sent; make the changes, and return them.

        Args:
            editing: The edit of the configuration.
            again: Whether to open the editor again after a mistake.

        Raises:
            CommandError: The editor failed.
            UsageError: The text is not JSON, even after another try.
            SyncthingError: It can't be sent, even after another try.
        """
        problem, unchanged = "", dict(self._config)
        while True:
            before = self._text
            self._text = _without_top(await self.draft.edit(_top(problem) + self._text))
            if problem and self._text == before:
                again = False
            try:
                found = list(compare(self._place, self._shown, _parsed(self._text)))
                replace(self._config, unchanged, found)
                await editing.preview()
            except (UsageError, SyncthingError) as error:
                if not again:
                    raise
                problem = message_of(error)
            else:
                return found


def _top(problem: str) -> str:
    """Return the lines above the text."""
    lines = [*(f"error: {line}" for line in problem.splitlines()), *_ABOUT]
    return "".join(f"{_COMMENT} {line}\n" for line in lines)


def _without_top(text: str) -> str:
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith(_COMMENT):
        del lines[0]
    return "".join(lines)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = "".join(text.splitlines()[error.lineno - 1 : error.lineno]).strip()
        raise UsageError(f"this is not JSON: {error.msg}, at {line[:60]!r}") from None
