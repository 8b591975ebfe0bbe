"""What the firmware of a PN532 does with frames, whatever wire they come on.

From the user manual UM0701-02: 6.2.1 (frames, acknowledge, error frame), 7.2.2, 7.2.10, 7.3.1 and
7.3.5 (commands), 7.1 (syntax error), and AN10609 (low battery mode after power-on: until
SAMConfiguration only that, and the version, are answered). By default a tag is looked for until one
comes.
"""

from __future__ import annotations

from wampedge_simulator.chips._tags import Tag

__all__ = ["ACK", "LOOK_S", "NACK", "SHORT_S", "Firmware", "framed", "payload_of"]

ACK = b"\x00\x00\xff\x00\xff\x00"
NACK = b"\x00\x00\xff\xff\x00\x00"
SHORT_S, LOOK_S = 0.005, 0.03
"""How long a command takes, and a look for a tag."""
_GET_FIRMWARE, _SAM, _RF, _LIST = 0x02, 0x14, 0x32, 0x4A
_FOR_EVER = 0xFF
_SENS_RES = {4: b"\x00\x04", 7: b"\x00\x44", 10: b"\x00\x84"}


def framed(content: bytes) -> bytes:
    """Return a normal information frame."""
    size = len(content)
    checks = (256 - size) % 256, (256 - sum(content) % 256) % 256
    return b"\x00\x00\xff" + bytes((size, checks[0])) + content + bytes((checks[1], 0))


def payload_of(frame: bytes) -> bytes | None:
    """Return what a frame carries; None for one that is not well-formed."""
    begin = frame.find(b"\x00\xff")
    if begin < 0 or len(frame) < begin + 4:
        return None
    size, check = frame[begin + 2], frame[begin + 3]
    content = frame[begin + 4 : begin + 5 + size]
    if (size + check) % 256 or len(content) != size + 1 or sum(content) % 256:
        return None
    return content[:-1]


class Firmware:
    """Obeys commands; the tags lie in its field."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.power_up()

    def power_up(self) -> None:
        """Begin in low battery mode, with the defaults."""
        self._is_awake = False
        self._tries = _FOR_EVER

    def answer(self, content: bytes) -> tuple[float, bytes] | None:
        """Return after how long the answer to *content* is there, framed; None: it never is."""
        if content[:1] != b"\xd4" or len(content) < 2:
            return SHORT_S, framed(b"\x7f")
        command, arguments = content[1], content[2:]
        if command == _GET_FIRMWARE:
            return SHORT_S, framed(b"\xd5\x03\x32\x01\x06\x07")
        if command == _SAM:
            self._is_awake = arguments[:1] == b"\x01"
            return SHORT_S, framed(b"\xd5\x15")
        if not self._is_awake:
            return None
        if command == _RF:
            if arguments[:1] == b"\x05" and len(arguments) == 4:
                self._tries = arguments[3]
            return SHORT_S, framed(b"\xd5\x33")
        if command == _LIST and arguments[1:] == b"\x00":
            return self._list(arguments[0])
        return SHORT_S, framed(b"\x7f")

    def _list(self, most: int) -> tuple[float, bytes] | None:
        found = self.tags[: min(most, 2)]
        if not found and self._tries == _FOR_EVER:
            return None
        told = b"".join(
            bytes((number,)) + _SENS_RES[len(tag.uid)] + b"\x08" + bytes((len(tag.uid),)) + tag.uid
            for number, tag in enumerate(found, 1)
        )
        return LOOK_S, framed(b"\xd5\x4b" + bytes((len(found),)) + told)
