"""The node's link to an upstream router: procedures offered there, topics published there."""

from wampedge.uplink.link import Uplink, UplinkStatus

__all__ = ["Uplink", "UplinkStatus"]
