"""The one driver behind all register maps: it carries out what a compiled map says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from wampedge.devices.driver import Driver, DriverContext
from wampedge.devices.expressions import ExpressionError
from wampedge.devices.registermap.model import BoundMap, RegisterMap
from wampedge.devices.registermap.traffic import PEC, BoundRead, BoundStep, Identity, Query
from wampedge.devices.values import Value
from wampedge.errors import (
    BadReadingError,
    BusError,
    DeviceError,
    NotReadyError,
    RangeError,
    WrongChipError,
)

if TYPE_CHECKING:
    from wampedge.devices.i2c import I2cDevice

__all__ = ["MapDriver", "addressing"]

NO_ACKNOWLEDGE = 121


class MapDriver(Driver):
    """Base of the classes made from register maps; one subclass a map file."""

    register_map: ClassVar[RegisterMap]
    bus: I2cDevice

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._bound = self._bind(params)
        self._fresh_at_s = 0.0

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

    @staticmethod
    def setter(name: str) -> Callable[[Any, Any], Awaitable[Value]]:
        """Return the method that sets the channel *name*."""

        async def set_channel(self: MapDriver, value: Any) -> Value:
            return await self._set(name, value)

        return set_channel

    async def setup(self) -> None:
        """Check the identity and write the settings; raises WrongChipError, BusError."""
        if self._bound.wake:
            await self._carry_out(self._bound.wake)
        for identity in self.register_map.identities:
            await self._identify(identity)
        await self._carry_out(self._bound.init)
        self._note_fresh()

    async def read(self) -> Mapping[str, Value]:
        """Carry out every read of the map; raises BadReadingError, NotReadyError, BusError."""
        return self._bound.decoder.decode(await self.payloads())

    async def payloads(self) -> dict[str, bytes]:
        """Return the bytes of every read; raises BadReadingError, NotReadyError, BusError."""
        return {bound.read.name: await self._fetch(bound) for bound in self._bound.reads}

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Carry out the steps of the command *name*; raises RangeError, BusError."""
        kinds, steps = self.register_map.commands[name]
        numbers = dict(self._bound.numbers)
        for argument, value in arguments.items():
            numbers |= kinds[argument].numbers_of(argument, value)
        try:
            bound = [step.bind(numbers) for step in steps]
        except ExpressionError as error:
            raise RangeError(f"{name}: {error}") from error
        await self._carry_out(bound)

    async def safe(self) -> None:
        """Write what the map says for the end; raises BusError."""
        await self._carry_out(self._bound.stop)

    async def _set(self, name: str, value: Any) -> Value:
        """Write a setting and return the value the part has then; raises RangeError, BusError."""
        setting, numbers = self.register_map.settings[name], dict(self._bound.numbers)
        try:
            if setting.limits is not None:
                low, high = (limit.evaluate(numbers) for limit in setting.limits)
                if not low <= value <= high:
                    raise RangeError(f"{name} must be {low:g} to {high:g}, got {value:g}")
            numbers["value"] = value
            numbers["raw"] = setting.raw.evaluate(numbers)
            steps = [step.bind(numbers) for step in setting.steps]
            accepted = setting.accepted
            wanted: Value = value if accepted is None else accepted.evaluate(numbers)
        except ExpressionError as error:
            raise RangeError(f"{name}: {error}") from error
        await self._carry_out(steps)
        return wanted

    def _bind(self, params: Mapping[str, Any]) -> BoundMap:
        try:
            return self.register_map.bind(params)
        except ExpressionError as error:
            raise DeviceError(f"these parameters do not go together: {error}") from error

    async def _identify(self, identity: Identity) -> None:
        raw = await self._ask(identity.query, "the identity")
        found = int.from_bytes(raw, identity.query.endian) & identity.mask
        if identity.expected and found not in identity.expected:
            wanted = " or ".join(f"0x{value:02x}" for value in identity.expected)
            register = f"register 0x{identity.query.command.hex()}"
            raise WrongChipError(f"{register} is 0x{found:02x} (wanted {wanted})")

    async def _carry_out(self, steps: Iterable[BoundStep]) -> None:
        for step in steps:
            if step.data:
                await self._write(step)
            if step.delay_s:
                await self.sleep(step.delay_s)

    async def _write(self, step: BoundStep) -> None:
        data = step.data
        if step.has_pec:
            data += PEC.to_wire(bytes((self.bus.address << 1,)) + data)
        try:
            await self.bus.send(data)
        except BusError as error:
            if not step.may_be_refused or error.errno != NO_ACKNOWLEDGE:
                raise

    async def _fetch(self, bound: BoundRead) -> bytes:
        """Return the payload of one read, checked and without its checksums."""
        read = bound.read
        if bound.start is not None:
            await self._carry_out((bound.start,))
        payload = self._checked(read.query, read.name, await self._receive(bound))
        if bound.wanted is not None and payload != bound.wanted:
            raise BadReadingError(
                f"{read.name} is {payload.hex()}, not {bound.wanted.hex()}:"
                " the chip has lost its settings (was its power cut?)"
            )
        if bound.then is not None:
            await self._carry_out((bound.then,))
        return payload

    async def _receive(self, bound: BoundRead) -> bytes:
        query, poll = bound.read.query, bound.read.poll
        measures_by_itself = poll is not None and poll.patience_s is not None
        if measures_by_itself:
            await self._until_ready(bound)
        if query.begins:
            await self.bus.send(query.command)
        if query.wait_s:
            await self.sleep(query.wait_s)
        if poll is not None and not measures_by_itself:
            await self._until_ready(bound)
        if query.begins or not query.command:
            return await self.bus.receive(query.size)
        return (await self.bus.transfer(query.command, query.size))[0]

    async def _until_ready(self, bound: BoundRead) -> None:
        poll = bound.read.poll
        assert poll is not None, "only called for reads that poll"
        for attempt in range(poll.tries):
            if attempt:
                await self.sleep(poll.every_s)
            raw = await self._ask(poll.query, bound.read.name)
            found = int.from_bytes(raw, poll.query.endian) & poll.mask
            if (found == bound.ready) != poll.wants_difference:
                self._note_fresh()
                return
        limit_ms = poll.tries * poll.every_s * 1000
        text = f"{bound.read.name} is not ready within {limit_ms:.0f} ms"
        if poll.patience_s is None:
            raise BadReadingError(text)
        silence_s = self.context.clock.monotonic() - self._fresh_at_s
        if silence_s <= poll.patience_s:
            raise NotReadyError(f"{bound.read.name}: the part has no new measurement yet")
        raise BadReadingError(f"{text}, and there was nothing new for {silence_s:.1f} s")

    def _note_fresh(self) -> None:
        if any(r.read.poll and r.read.poll.patience_s is not None for r in self._bound.reads):
            self._fresh_at_s = self.context.clock.monotonic()

    async def _ask(self, query: Query, name: str) -> bytes:
        """Return the payload of a small query."""
        if not query.begins:
            return self._checked(query, name, (await self._transfer(query)))
        await self.bus.send(query.command)
        await self.sleep(query.wait_s)
        return self._checked(query, name, await self.bus.receive(query.size))

    async def _transfer(self, query: Query) -> bytes:
        if query.command:
            return (await self.bus.transfer(query.command, query.size))[0]
        return await self.bus.receive(query.size)

    def _checked(self, query: Query, name: str, raw: bytes) -> bytes:
        if query.guard is None:
            return raw
        return query.guard.checked(raw, name, addressing(self.bus.address, query.command))


def addressing(address: int, command: bytes) -> bytes:
    """Return what stands on the wire before the answer to *command*, address bytes included."""
    write = bytes((address << 1,)) + command if command else b""
    return write + bytes((address << 1 | 1,))
