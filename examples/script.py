"""A plain script: no async, no event loop.

Usage: python script.py [URL] [REALM]
"""

import sys

from wampedge.client.blocking import connect


def main(url: str, realm: str) -> None:
    with connect(url, realm) as session:
        session.register("home.double", lambda number: number * 2)
        print("twice 21 is", session.call("home.double", 21, returns=int))

        numbers = session.subscribe("home.numbers", timeout_s=0.2)
        with connect(url, realm) as other:
            for number in range(3):
                other.publish("home.numbers", number, acknowledge=True)
        for event in numbers:
            print(f"{event.topic} brings {event.value}")
        print("then it was silent")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "edge"]))
