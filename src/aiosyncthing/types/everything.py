"""All types, for the package, which loads them when the first of them is used: that takes as long as a whole client."""

# ruff: noqa: F403 - each module says in its __all__ what is meant

from .config import *
from .database import *
from .enumerations import *
from .event_data import *
from .events import *
from .misc import *
from .patches import *
from .stream import *
from .system import *
