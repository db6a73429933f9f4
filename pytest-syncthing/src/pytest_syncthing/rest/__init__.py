"""What answers each route: one file for each part of the REST paths.

A new endpoint is a function there, under ``@answers(_routes.ITS_ROUTE)``.
"""

from __future__ import annotations

from typing import Final

from . import cluster, config, database, debug, events, folder, noauth, stats, svc, system, web
from .common import HANDLERS as HANDLERS

_PARTS: Final = (cluster, config, database, debug, events, folder, noauth, stats, svc, system, web)
"""Imported so that they register their handlers."""
