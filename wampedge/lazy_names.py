"""Names of a package whose modules are loaded when they are used first (PEP 562).

A package that offers many things of which a program uses few says where each is defined, and pays
for those modules only that somebody asks for. Type checkers read the imports under
``TYPE_CHECKING``, which stand beside the table and have to agree with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, module_by_name: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of *package*.

    Args:
        package: its ``__name__``.
        module_by_name: for each name the module of the package that defines it.
    """

    def find(name: str) -> Any:
        """Load the module that defines *name*; raises AttributeError for any other name."""
        module = module_by_name.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{module}"), name)

    return find
