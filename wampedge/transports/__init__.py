"""Bytes on wires: WebSocket, RawSocket and the in-process pair; nothing here knows a session."""

__all__: list[str] = []
