"""The states of a client's session.

::

          join()               WELCOME             leave()
    NEW ─────────▶ JOINING ──────────────▶ JOINED ─────────▶ LEAVING
                   │  ▲ │                    │                  │
         CHALLENGE └──┘ │ ABORT              │ GOODBYE, ABORT   │ GOODBYE, ABORT
        (AUTHENTICATE)  └─────────────────▶ ENDED ◀─────────────┘
                                             ▲
                                             └── lost(), abort(), from any state

- JOINING takes CHALLENGE (once, for a method that was offered), WELCOME and ABORT.
- JOINED takes GOODBYE (answered whatever its reason), ABORT, and what belongs to requests,
  invocations and subscriptions. A second WELCOME is refused.
- LEAVING takes GOODBYE and ABORT; what else was under way is dropped.
- ENDED drops everything.
"""

from __future__ import annotations

import enum

__all__ = ["SessionState"]


class SessionState(enum.Enum):
    """Where a session is; the transitions stand in the module docstring."""

    NEW = "new"
    JOINING = "joining"
    JOINED = "joined"
    LEAVING = "leaving"
    ENDED = "ended"
