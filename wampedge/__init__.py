"""wampedge: serve GPIO, I2C and serial devices as WAMP procedures and topics, from one file."""

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
