"""Many nodes on one clock, a router upstream of them, and what goes wrong between them."""

__all__: list[str] = []
