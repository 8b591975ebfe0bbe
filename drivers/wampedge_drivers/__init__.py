"""Drivers of wampedge: one part, one file, found by its name (see ``drivers/README.md``)."""

__all__: list[str] = []
