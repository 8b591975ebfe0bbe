"""Tags of type A in the field of a reader, by ISO/IEC 14443-3: states, anticollision, selection.

Frames are bits, the least significant of each byte first, without parity. From the standard: 6.3
(states), 6.4 (commands), 6.5.3 (anticollision loop, NVB), 6.5.4 (UID, BCC, cascade tag), annex B
(CRC_A).
"""

from __future__ import annotations

from collections.abc import Sequence

from wampedge.errors import InvalidValueError

__all__ = ["Bits", "Field", "Tag", "bits_of", "bytes_of", "crc_a", "uids_of"]

Bits = tuple[int, ...]
_REQUEST, _WAKE_UP, _HALT = 0x26, 0x52, b"\x50\x00"
_CASCADE_TAG = 0x88
_SIZES = {4: 0x04, 7: 0x44, 10: 0x84}
"""Length of a UID to the first byte of ATQA, which tells it in its two highest bits."""
_IDLE, _READY, _ACTIVE, _HALTED = "idle", "ready", "active", "halted"


def crc_a(frame: bytes) -> bytes:
    """Return CRC_A: polynomial x^16 + x^12 + x^5 + 1 from 0x6363, low byte first."""
    register = 0x6363
    for bit in bits_of(frame):
        register = register >> 1 ^ (0x8408 if (register ^ bit) & 1 else 0)
    return bytes((register & 0xFF, register >> 8))


def bits_of(frame: bytes) -> Bits:
    """Return the bits of *frame* in the order they are sent."""
    return tuple(byte >> place & 1 for byte in frame for place in range(8))


def bytes_of(bits: Sequence[int]) -> bytes:
    """Return the bytes *bits* fill; missing ones are 0."""
    value = sum(bit << place for place, bit in enumerate(bits))
    return value.to_bytes((len(bits) + 7) // 8, "little")


def uids_of(value: object, device: str) -> list[bytes]:
    """Return the UIDs in a text such as ``"04A224B2"`` or ``"04A224B2, 123456789ABCDE"``.

    None and "" are no tag; raises InvalidValueError.
    """
    uids = []
    for word in str(value or "").replace(",", " ").split():
        try:
            uid = bytes.fromhex(word)
        except ValueError:
            uid = b""
        if len(uid) not in _SIZES:
            text = f"must be UIDs of 4, 7 or 10 bytes in hexadecimal, got {word[:40]!r}"
            raise InvalidValueError(text, field="value", device=device)
        uids.append(uid)
    return uids


class Tag:
    """One tag with a UID of 4, 7 or 10 bytes."""

    def __init__(self, uid: bytes) -> None:
        self.uid = uid
        self.lose_power()

    def lose_power(self) -> None:
        """Forget everything but the UID: the field is gone."""
        self._state, self._rests_in, self._level = _IDLE, _IDLE, 0

    @property
    def parts(self) -> list[bytes]:
        """What it says at each cascade level, with the check byte."""
        uid, parts = self.uid, []
        while len(uid) > 4:
            parts.append(bytes((_CASCADE_TAG,)) + uid[:3])
            uid = uid[3:]
        return [part + bytes((part[0] ^ part[1] ^ part[2] ^ part[3],)) for part in (*parts, uid)]

    def answer(self, frame: Bits) -> Bits:
        """Take a frame and return the answer; () is silence."""
        if len(frame) == 7:
            return self._wake(bytes_of(frame)[0])
        command = bytes_of(frame)
        if self._state == _READY and len(command) > 1 and command[0] == 0x93 + 2 * self._level:
            return self._single_out(command, frame)
        if self._state == _ACTIVE and command == _HALT + crc_a(_HALT):
            self._state = self._rests_in = _HALTED
            return ()
        return self._rest()

    def _wake(self, command: int) -> Bits:
        hears = {_REQUEST: (_IDLE,), _WAKE_UP: (_IDLE, _HALTED)}.get(command, ())
        if self._state not in hears:
            return self._rest() if self._state in {_READY, _ACTIVE} else ()
        self._state, self._level = _READY, 0
        return bits_of(bytes((_SIZES[len(self.uid)], 0x00)))

    def _single_out(self, command: bytes, frame: Bits) -> Bits:
        part = bits_of(self.parts[self._level])
        if command[1] == 0x70:
            wanted = command[:2] + self.parts[self._level]
            return self._selected() if command == wanted + crc_a(wanted) else self._rest()
        known = 8 * ((command[1] >> 4) - 2) + (command[1] & 0x07)
        if len(frame) != 16 + known or frame[16:] != part[:known]:
            return ()
        return part[known:]

    def _selected(self) -> Bits:
        self._level += 1
        is_complete = self._level == len(self.parts)
        self._state = _ACTIVE if is_complete else _READY
        answer = b"\x08" if is_complete else b"\x04"
        return bits_of(answer + crc_a(answer))

    def _rest(self) -> Bits:
        self._state = self._rests_in
        return ()


class Field:
    """The field of one reader with its tags; they have power while it is on."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.is_on = False

    def put(self, uids: Sequence[bytes]) -> None:
        """Have the tags with *uids* in the field, and no others; those that stay notice nothing."""
        before = {tag.uid: tag for tag in self.tags}
        self.tags = [before.get(uid) or Tag(uid) for uid in uids]

    def switch(self, is_on: bool) -> None:
        """Switch the field."""
        if self.is_on and not is_on:
            for tag in self.tags:
                tag.lose_power()
        self.is_on = is_on

    def exchange(self, frame: Bits) -> tuple[Bits, int | None]:
        """Send *frame*; return what is heard, and the first bit (from 0) tags disagree about."""
        if not self.is_on:
            return (), None
        answers = [answer for tag in self.tags if (answer := tag.answer(frame))]
        heard = [0] * max(map(len, answers), default=0)
        collision = None
        for place in range(len(heard)):
            said = {answer[place] for answer in answers if place < len(answer)}
            heard[place] = max(said)
            if len(said) > 1 and collision is None:
                collision = place
        return tuple(heard), collision
