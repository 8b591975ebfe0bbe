"""A logger for drivers: ``logging`` is loaded with the first line, not to check a device file."""

from __future__ import annotations

__all__ = ["LateLog"]


class LateLog:
    """The logger *name*, found when it first has something to say."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, text: str, *args: object) -> None:
        """Log what is worth knowing."""
        import logging  # noqa: PLC0415 # the purpose of this class

        logging.getLogger(self._name).info(text, *args, stacklevel=2)

    def warning(self, text: str, *args: object) -> None:
        """Log what somebody should look at."""
        import logging  # noqa: PLC0415 # the purpose of this class

        logging.getLogger(self._name).warning(text, *args, stacklevel=2)
