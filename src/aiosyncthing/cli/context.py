"""The context of a run: its options, environment and output."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from click.shell_completion import CompletionItem

    from .output.output import Output
    from .target.target import Target


class Context:
    """The context of a run.

    Args:
        environ: The environment.

    Attributes:
        environ: The environment.
        options: The global options.
        failure: The exit status of every failure, if the command defines one.
        report: Shows an error to people, if the command defines how.
        rest: The arguments after ``--``, for commands that run others.
        request_timeout: Time limit for each request, in seconds.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.options: Options = Options()
        self.failure: int | None = None
        self.report: Callable[[Output, Exception], object] | None = None
        self.rest: list[str] = []
        self.request_timeout: float = 10.0

    @cached_property
    def out(self) -> Output:
        """The output."""
        from .output.output import Output  # noqa: PLC0415 - not needed for help and the version

        return Output(self.options, self.environ)

    def targets(self) -> list[Target]:
        """Return the daemons chosen by options and environment."""
        from .target.target import targets  # noqa: PLC0415 - not needed for help and usage errors

        return targets(self.options, self.environ)

    def candidates(self, kinds: Sequence[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return the names that completion offers; see `candidates.candidates`."""
        from .completion.candidates import candidates  # noqa: PLC0415 - only for completion

        return candidates(self.environ, self.targets, kinds, incomplete)
