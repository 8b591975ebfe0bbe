"""The way to a bus behind I2C multiplexers: which bus of the board, which channels in between."""

from __future__ import annotations

from wampedge.config.model import BusConfig, SiteConfig

__all__ = ["mux_path", "root_bus"]


def root_bus(bus: BusConfig, site: SiteConfig) -> BusConfig:
    """Return the bus of the board that *bus* is behind, or *bus* itself."""
    while bus.mux is not None:
        upper = site.devices[bus.mux[0]].bus
        assert upper is not None, "the checker puts multiplexers on buses"
        bus = site.buses[upper]
    return bus


def mux_path(bus: BusConfig, site: SiteConfig) -> tuple[tuple[int, int], ...]:
    """Return the multiplexers before *bus*, the outermost first: address and channel."""
    path: list[tuple[int, int]] = []
    while bus.mux is not None:
        device = site.devices[bus.mux[0]]
        assert device.bus is not None, "the checker puts multiplexers on buses"
        assert device.address is not None, "the checker gives I2C devices an address"
        path.insert(0, (device.address, bus.mux[1]))
        bus = site.buses[device.bus]
    return tuple(path)
