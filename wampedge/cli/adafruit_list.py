"""``wampedge drivers --adafruit``: CircuitPython drivers, and how to install one."""

from __future__ import annotations

from wampedge.devices.circuitpython.declare import SCHEME, how_to_install, installed_names
from wampedge.devices.circuitpython.known import known_drivers
from wampedge.devices.circuitpython.sources import PREFIX, classes_of

__all__ = ["adafruit_lines", "class_lines"]


def adafruit_lines() -> list[str]:
    """Return the lines to print: every driver of our table, then what else there is to know."""
    installed = set(installed_names())
    width = max(len(name) for name in known_drivers()) + len(SCHEME)
    lines = [
        f"{SCHEME + name:<{width}}  {known.bus or 'i2c':<6}  "
        f"{'installed' if name in installed else '-':<9}  {known.title}"
        for name, known in sorted(known_drivers().items())
    ]
    return [
        *lines,
        "",
        "Any other driver of CircuitPython works as well; then the device file names its channels.",
        "Nothing is installed while a node runs. To install one, where wampedge is installed:",
        f"  {how_to_install('NAME')}",
        "(--no-deps leaves out Blinka, which is not needed)",
        "What one offers: wampedge drivers adafruit:NAME",
    ]


def class_lines(name: str) -> list[str]:
    """Return what the classes of the driver *name*, ``adafruit:NAME``, have, for its page."""
    module = PREFIX + name.removeprefix(SCHEME).partition(":")[0]
    lines = ["", f"classes of {module}:"]
    for each in classes_of(module):
        public = [a for a in each.attributes if not a.startswith("_") and not a.isupper()]
        lines.append(f"  {each.name} ({each.bus}): {', '.join(public)}")
    return lines
