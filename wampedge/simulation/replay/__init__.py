"""Traces of nodes: read, replayed in place of parts, compared with models, shown as waves."""

__all__: list[str] = []
