"""A program that offers procedures until it is told to end, whatever the network does.

Usage: python component.py [URL] [REALM]
"""

import sys

from wampedge.client import Component, Session, on_join, on_leave, procedure, topic


class Thermostat:
    """Each room has one of these."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.target = 20.0

    @procedure("target.get")
    def get_target(self) -> float:
        return self.target

    @procedure("target.set")
    def set_target(self, target: float) -> float:
        self.target = target
        return target

    @topic("window")
    def on_window(self, state: str) -> None:
        self.target = 5.0 if state == "open" else 20.0

    @on_join
    def joined(self, session: Session) -> None:
        print(f"the {self.room} is joined", flush=True)

    @on_leave
    def left(self, error: Exception | None) -> None:
        print(f"the {self.room} has left" if error is None else f"lost: {error}", flush=True)


if __name__ == "__main__":
    url, realm = sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"]
    Component(Thermostat("attic"), prefix="home.attic.").main(url, realm)
