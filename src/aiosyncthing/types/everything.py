"""All types. The package loads them when the first one is used, since that takes as long as loading a whole client."""

# ruff: noqa: F403 - the __all__ of each module lists the names

from .config import *
from .database import *
from .enumerations import *
from .event_data import *
from .events import *
from .misc import *
from .patches import *
from .pausing import *
from .stream import *
from .system import *
