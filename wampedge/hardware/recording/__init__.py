"""Records what passes between the node and its hardware: one JSON line a transaction."""

__all__: list[str] = []
