"""Keys of ``[buses.NAME]``, by type of bus."""

from wampedge.config.buses import BUS_FIELDS

__all__ = ["BUS_FIELDS"]
