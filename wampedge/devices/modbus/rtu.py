"""Modbus RTU: how a request becomes bytes on the line, and how an answer is found in what comes.

Source: MODBUS over Serial Line Specification V1.02, sections 2.5.1 (framing, 3.5 characters of
silence, CRC). Frames are found by their length and checksum, not by silence: a USB adapter hands
bytes on in lumps, so that pauses within a frame and none between frames are both usual.
"""

from __future__ import annotations

from typing import Final

from wampedge.devices.checksums import CHECKSUMS
from wampedge.devices.modbus.pdu import answer_size

__all__ = ["MAX_NOISE", "AnswerFinder", "rtu_frame", "silence_s"]

MAX_NOISE: Final = 4096
"""Bytes that may come in while an answer is awaited; more are forgotten, oldest first."""

_CRC: Final = CHECKSUMS["modbus"]
_IS_EXCEPTION: Final = 0x80
_BITS_PER_CHARACTER: Final = 11
_LAST_UNIT: Final = 247
_FAST_SILENCE_S: Final = 0.00175
"""Least silence above 19200 baud (section 2.5.1.1)."""


def silence_s(baud: int) -> float:
    """Return the silence that separates two frames at *baud*, in seconds: 3.5 characters."""
    return max(3.5 * _BITS_PER_CHARACTER / baud, _FAST_SILENCE_S)


def rtu_frame(unit_id: int, pdu: bytes) -> bytes:
    """Return *pdu* as it goes over the line."""
    payload = bytes((unit_id,)) + pdu
    return payload + _CRC.to_wire(payload)


class AnswerFinder:
    """Finds the answer to one request in whatever arrives.

    Args:
        request: the frame that was sent.
        is_echoed: the adapter hands back what it sends, so the first copy is no answer.
        own_size: size of a good answer PDU, for functions that are not of the specification.

    Attributes:
        has_echo: the request itself came back, and was left out.
        noise: bytes that arrived and belonged to no answer, once there is one.
    """

    def __init__(
        self, request: bytes, *, is_echoed: bool = False, own_size: int | None = None
    ) -> None:
        self.has_echo = False
        self.noise = 0
        self._request = request
        self._is_echoed = is_echoed
        self._own_size = own_size
        self._received = bytearray()

    @property
    def received(self) -> int:
        """How many bytes came that are no echo."""
        return len(self._received)

    def feed(self, data: bytes) -> bytes | None:
        """Take the next bytes; return the PDU of the answer once it is there."""
        self._received += data
        self._leave_out_echo()
        del self._received[: max(0, len(self._received) - MAX_NOISE)]
        function = self._request[1]
        for start in range(len(self._received) - 3):
            unit, code = self._received[start], self._received[start + 1]
            if self._is_from(unit) and code & ~_IS_EXCEPTION == function:
                answer = self._answer_at(start)
                if answer is not None:
                    self.noise = start
                    return answer
        return None

    def _is_from(self, unit_id: int) -> bool:
        """Whether such a unit may answer; one that is asked by an address of all says its own."""
        return unit_id == self._request[0] or self._request[0] > _LAST_UNIT

    def _leave_out_echo(self) -> None:
        """Drop the request where it comes back; the answer to some writes looks the same."""
        if self.has_echo:
            return
        size = len(self._request)
        if not self._is_echoed and self._is_answered_alike():
            return
        at = self._received.find(self._request)
        if at >= 0:
            self.has_echo = True
            del self._received[at : at + size]

    def _is_answered_alike(self) -> bool:
        """Whether a good answer may be a copy of the request, as that to functions 5 and 6 is."""
        return self._request[1] in (5, 6) or self._own_size == len(self._request) - 1 - _CRC.size

    def _answer_at(self, start: int) -> bytes | None:
        pdu_size = answer_size(bytes(self._received[start + 1 : start + 3]), self._own_size)
        if pdu_size is None:
            return None
        end = start + 1 + pdu_size
        payload = bytes(self._received[start:end])
        check = bytes(self._received[end : end + _CRC.size])
        if len(check) == _CRC.size and _CRC.matches(payload, check):
            return payload[1:]
        return None
