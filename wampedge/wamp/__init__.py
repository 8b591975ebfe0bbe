"""The WAMP protocol without I/O: messages, serializers, framing, and the client's state machine."""

__all__: list[str] = []
