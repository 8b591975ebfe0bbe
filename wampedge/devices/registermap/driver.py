"""The one driver behind all register maps: it carries out what a compiled map says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from wampedge.devices.driver import Driver, DriverContext
from wampedge.devices.expressions import ExpressionError
from wampedge.devices.registermap.model import BoundMap, BoundRead, BoundStep, Read, RegisterMap
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, DeviceError, WrongChipError

if TYPE_CHECKING:
    from wampedge.devices.i2c import I2cDevice

__all__ = ["MapDriver"]


class MapDriver(Driver):
    """Base of the classes made from register maps; one subclass a map file."""

    register_map: ClassVar[RegisterMap]
    bus: I2cDevice

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._bound = self._bind(params)

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return what is wrong with parameters that are right one by one but not together."""
        try:
            cls.register_map.bind(params)
        except ExpressionError as error:
            return [((), f"these parameters do not go together: {error}")]
        return []

    async def setup(self) -> None:
        """Check the identity and write the settings; raises WrongChipError, BusError."""
        for identity in self.register_map.identities:
            raw = await self.bus.read(identity.register, identity.size)
            found = int.from_bytes(raw, "big") & identity.mask
            if found not in identity.expected:
                wanted = " or ".join(f"0x{value:02x}" for value in identity.expected)
                register = f"register 0x{identity.register:02x}"
                raise WrongChipError(f"{register} is 0x{found:02x} (wanted {wanted})")
        await self._carry_out(self._bound.init)

    async def read(self) -> Mapping[str, Value]:
        """Carry out every read of the map; raises BadReadingError, BusError."""
        payloads = {bound.read.name: await self._fetch(bound) for bound in self._bound.reads}
        return self._bound.decoder.decode(payloads)

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Carry out the steps of the command *name*; raises BusError."""
        await self._carry_out(self._bound.commands[name])

    def _bind(self, params: Mapping[str, Any]) -> BoundMap:
        try:
            return self.register_map.bind(params)
        except ExpressionError as error:
            raise DeviceError(f"these parameters do not go together: {error}") from error

    async def _carry_out(self, steps: Iterable[BoundStep]) -> None:
        for step in steps:
            if step.data:
                await self.bus.send(step.data)
            if step.delay_s:
                await self.sleep(step.delay_s)

    async def _fetch(self, bound: BoundRead) -> bytes:
        """Return the payload of one read, checked and without its checksums."""
        read = bound.read
        if bound.start is not None:
            await self._carry_out((bound.start,))
        raw = await self._receive(bound)
        payload = raw if read.checksum is None else checked(raw, read)
        if bound.wanted is not None and payload != bound.wanted:
            raise BadReadingError(
                f"{read.name} is {payload.hex()}, not {bound.wanted.hex()}:"
                " the chip has lost its settings (was its power cut?)"
            )
        return payload

    async def _receive(self, bound: BoundRead) -> bytes:
        read = bound.read
        if read.begins:
            await self.bus.send(read.command)
        if read.wait_s:
            await self.sleep(read.wait_s)
        if read.poll is not None:
            await self._until_ready(bound)
        if read.begins or not read.command:
            return await self.bus.receive(read.size)
        return (await self.bus.transfer(read.command, read.size))[0]

    async def _until_ready(self, bound: BoundRead) -> None:
        poll = bound.read.poll
        assert poll is not None, "only called for reads that poll"
        for attempt in range(poll.tries):
            if attempt:
                await self.sleep(poll.every_s)
            raw = await self.bus.read(poll.register, poll.size)
            if int.from_bytes(raw, "big") & poll.mask == bound.ready:
                return
        limit_ms = poll.tries * poll.every_s * 1000
        raise BadReadingError(f"{bound.read.name} is not ready within {limit_ms:.0f} ms")


def checked(raw: bytes, read: Read) -> bytes:
    """Return *raw* without its checksums; raises BadReadingError when one does not match."""
    assert read.checksum is not None, "only called for reads with a checksum"
    size = read.protects
    group = size + read.checksum.size
    payload = bytearray()
    for start in range(0, len(raw), group):
        part = raw[start : start + size]
        if not read.checksum.matches(part, raw[start + size : start + group]):
            raise BadReadingError(
                f"{read.name}: bad checksum in {raw[start : start + group].hex()}"
            )
        payload += part
    return bytes(payload)
