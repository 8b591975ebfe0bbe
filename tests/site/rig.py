"""A whole node on simulated parts, in virtual time, with a client beside it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from wampedge.config.checking import load
from wampedge.config.model import SiteConfig
from wampedge.simulation.site import Heard, SimulatedSite
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = ["GREENHOUSE", "Heard", "RunningSite", "config_of", "on_site"]

GREENHOUSE = Path(__file__).parents[2] / "devices.toml"
"""The example file at the root, as the README runs it."""

Result = TypeVar("Result")


class RunningSite(SimulatedSite):
    """One node that is up, its simulator, and a client joined to its router."""

    @property
    def simulator(self) -> SimulatedSubstrate:
        """The simulated board."""
        return self.board


def config_of(folder: Path, text: str) -> SiteConfig:
    """Return the configuration of a device file with *text*; *folder* is where it is written."""
    path = folder / "devices.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def on_site(
    config: SiteConfig,
    act: Callable[[RunningSite], Coroutine[Any, Any, Result]],
    *,
    wired: SiteConfig | None = None,
) -> Result:
    """Run *act* in virtual time on the node of *config*, without any listener.

    Args:
        config: the device file.
        act: what to do with the running node.
        wired: what is connected, where it is not what *config* says.
    """

    async def main() -> Result:
        async with RunningSite(config, wired=wired) as site:
            return await act(site)

    return run_virtual(main())
