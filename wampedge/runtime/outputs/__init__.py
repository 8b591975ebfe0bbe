"""Keeps every output within its policy, whoever wants to move it, and across restarts."""

__all__: list[str] = []
