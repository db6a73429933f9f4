"""Why a connection failed, in words for people."""

from __future__ import annotations

import os
import ssl


def reason(error: BaseException) -> str:
    """Return what an error of the system, of TLS or of anything else says; never empty."""
    if (
        isinstance(error, OSError)
        and error.errno is not None
        and error.errno > 0
        and not isinstance(error, ssl.SSLError)
    ):
        return os.strerror(error.errno)  # asyncio's own text names the call that failed, not the reason
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text or type(error).__name__
