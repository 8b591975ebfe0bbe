"""Black-box checks of the WAMP specification that any router can be put through.

They speak plain JSON over a WebSocket, with nothing of this project in between.
``python -m tests.conformance`` runs them against routers side by side and writes
``docs/reference/features.md``.
"""
