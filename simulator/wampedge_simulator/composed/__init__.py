"""Parts of drivers that need no wire: what they move is parts of other devices."""

__all__: list[str] = []
