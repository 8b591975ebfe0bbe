"""Loads the pins of gpiozero without its devices, which take a third of its memory and time."""

from __future__ import annotations

import sys
from importlib import util
from typing import Any

__all__ = ["load_devices_late"]

_PACKAGE = "gpiozero"


def load_devices_late() -> None:
    """Let gpiozero's ``__init__``, which imports all of it, run when somebody asks for its names.

    Its modules, such as ``gpiozero.pins.pi``, are imported as ever.
    """
    spec = util.find_spec(_PACKAGE) if _PACKAGE not in sys.modules else None
    if spec is None or spec.loader is None:
        return  # there already; or not there at all, and the import that follows says so better
    package, loader = util.module_from_spec(spec), spec.loader

    def run_init(name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {_PACKAGE!r} has no attribute {name!r}")
        vars(package).pop("__getattr__", None)  # not asked again while __init__ runs
        loader.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = run_init
    sys.modules[_PACKAGE] = package
