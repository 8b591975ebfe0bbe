"""Writes docs/explanation/kernel-oracle.md from what the kernel says now.

``python -m tests.kernel.oracle`` boots the kernel twice, a few seconds each.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kernel.boot import GuestError, run_module
from tests.kernel.build import KernelMissingError, cached_kernel
from tests.kernel.cases import CASES, Case
from wampedge_simulator.catalog import find_part
from wampedge_simulator.generated.chip import GeneratedPart

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs/explanation/kernel-oracle.md"
_MARK = "<!-- written by `python -m tests.kernel.oracle` from here on -->\n"
_TIMEOUT_S = 120.0


def page(rounds_by_chip: Mapping[str, Any], outputs: Mapping[str, Any], text: str) -> str:
    """Return the page with the figures renewed; *text* is the page as it is."""
    head = text.partition(_MARK)[0]
    return f"{head}{_MARK}\n{_sensors(rounds_by_chip)}\n{_outputs(outputs)}"


def _sensors(rounds_by_chip: Mapping[str, Any]) -> str:
    count = len(CASES)
    lines = [
        f"## {count} sensors that the kernel reads",
        "",
        "| chip | driver of the kernel | model | quantity | set | kernel says | may be off |",
        "|---|---|---|---|---|---|---|",
        *(row for case in CASES for row in _rows(case, rounds_by_chip[case.driver])),
    ]
    return "\n".join(lines) + "\n"


def _rows(case: Case, rounds: Sequence[Sequence[float]]) -> Iterator[str]:
    part = find_part(case.driver)
    is_generated = part is not None and issubclass(part, GeneratedPart)
    model = "register map" if is_generated else "own"
    for place, reading in enumerate(case.readings):
        read = ", ".join(_number(values[place]) for values in rounds)
        wanted = ", ".join(_number(value) for value in reading.values)
        off = f"{reading.tolerance:g}" if not reading.share else f"{reading.share * 100:g} %"
        yield (
            f"| `{case.driver}` | `{case.kernel}` | {model} | `{reading.channel}` |"
            f" {wanted} {reading.unit} | {read} {reading.unit} | {off} |".replace("  ", " ")
        )


def _outputs(outputs: Mapping[str, Any]) -> str:
    volts = ", ".join(_number(value) for value in outputs["mcp4725"])
    shares = ", ".join(_number(value) for value in outputs["pca9685"])
    degrees = ", ".join(_number(value) for value in outputs["tca9548a"])
    expanders = [name for name in outputs if name.startswith(("mcp230", "pca95", "pcf"))]
    lines = [
        f"## {len(outputs)} chips with outputs that the kernel uses",
        "",
        "| chip | the kernel does | what is at the chip |",
        "|---|---|---|",
        *(
            f"| `{name}` | drives a line high, low, high; reads one held low, high, low |"
            f" {_levels(outputs[name][0])}; reads {_levels(outputs[name][1])} |"
            for name in expanders
        ),
        f"| `mcp4725` | sets codes 1000, 4095, 0 at 3.3 V | {volts} V |",
        f"| `pca9685` | channels 0, 3, 15: unused, 1.25 ms and 3.75 ms of 5 ms high | {shares} % |",
        f"| `tca9548a` | reads `tmp117` at 20 °C, -7.5 °C behind two channels | {degrees} °C |",
    ]
    return "\n".join(lines) + "\n"


def _levels(levels: Sequence[bool]) -> str:
    return ", ".join("high" if level else "low" for level in levels)


def _number(value: float) -> str:
    return f"{value:.6g}"


def main() -> int:
    """Renew the page; returns the exit code."""
    try:
        kernel = cached_kernel()
        rounds, outputs = _under(kernel, "oracle"), _under(kernel, "outputs")
    except (KernelMissingError, GuestError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    PAGE.write_text(page(rounds, outputs, PAGE.read_text()))
    return 0


def _under(kernel: Path, guest: str) -> Any:
    with tempfile.TemporaryDirectory(prefix="wampedge-oracle-") as folder:
        ended = run_module(
            kernel,
            f"tests.kernel.guest.{guest}",
            Path(folder),
            timeout_s=_TIMEOUT_S,
            has_virtual_time=True,
        )
        if ended.exit_code:
            raise GuestError(ended.output)
        return json.loads(Path(folder, "result.json").read_text())


if __name__ == "__main__":
    sys.exit(main())
