"""The parts of this app. Add your own behind `*BUILTIN`: no update changes this file."""

from .builtin_parts import BUILTIN
from .part import Part

PARTS: tuple[Part, ...] = (*BUILTIN,)
