"""The parts that come with the template. An update rewrites this list."""

from . import {{ cookiecutter.__parts }}
from .part import Part

BUILTIN: tuple[Part, ...] = ({{ cookiecutter.__parts.replace(", ", ".part, ") }}.part)
