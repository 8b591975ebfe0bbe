"""The router on the network: listeners, one `Peer` per connection, bounds on all of it."""

from wampedge.server.counters import ServerCounters
from wampedge.server.random_ids import random_ids
from wampedge.server.server import Server

__all__ = ["Server", "ServerCounters", "random_ids"]
