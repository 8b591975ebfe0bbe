"""The places where the simulator slips beneath a hardware library, one file a library."""
