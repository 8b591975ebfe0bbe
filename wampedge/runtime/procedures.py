"""The procedures of devices and of the node, as a table from URI to endpoint.

``P`` is the prefix of the node (``edge.<node>``), ``D`` a device, ``C`` a channel:

=====================  ================================================================
``P.D.get``            ``{C: reading}``; ``fresh=True`` takes a new sample
``P.D.C.get``          value, with unit, time, quality and seq as keyword results
``P.D.C.history``      what the channel published, where the file keeps it
``P.D.C.set``          set a channel; ``for_="5s"`` goes back to the value before
``P.D.set``            the same, for a device with exactly one settable channel
``P.D.<command>``      a command of the driver, such as ``on``, ``off``, ``toggle``
``P.D.describe``       channels, commands and events of the device
``P.D.health``         state and counters of the device
``P.sys.*``            the node: ``list``, ``describe``, ``health``
=====================  ================================================================

What writes (``set`` and commands) takes a deadline and a key as well: ``runtime.commands``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from wampedge.client import CallResult
from wampedge.config.model import ChannelConfig
from wampedge.devices.fields import Boolean, Duration, Field
from wampedge.runtime.arguments import bind_arguments
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.journeys import arrived

__all__ = [
    "FRESH",
    "SET",
    "Anything",
    "Endpoint",
    "Procedures",
    "device_procedures",
    "endpoint",
    "for_callers",
]

Endpoint = Callable[..., Awaitable[Any]]
Procedures = dict[str, Endpoint]


class Anything(Field):
    """Any value at all; what it means is checked where it is used."""

    def convert(self, value: Any) -> Any:
        """Return *value* as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema that accepts everything."""
        return {}


FRESH: Final[Mapping[str, Field]] = {
    "fresh": Boolean(default=False, doc="take a sample now, instead of the newest one")
}
"""What every ``get`` takes."""
SET: Final[Mapping[str, Field]] = {
    "value": Anything(),
    "for_": Duration(default=None, doc="go back to the value before after so long"),
}
"""What every ``set`` takes."""


def endpoint(
    arguments: Mapping[str, Field],
    action: Callable[..., Awaitable[Any]],
    *,
    wants_caller: bool = False,
) -> Endpoint:
    """Return an endpoint that checks its arguments before *action* sees them.

    Args:
        arguments: name to kind, in positional order.
        action: awaited with every argument by name.
        wants_caller: *action* takes the ``details`` of the call as well.
    """

    async def checked(*args: Any, **kwargs: Any) -> Any:
        return await action(**bind_arguments(arguments, args, kwargs))

    async def checked_with_caller(*args: Any, details: Any, **kwargs: Any) -> Any:
        return await action(**bind_arguments(arguments, args, kwargs), details=details)

    checked_with_caller.wants_caller = True  # type: ignore[attr-defined] # functions take attributes
    return checked_with_caller if wants_caller else checked


Admit = Callable[..., None]
"""Called with the details of a call, what it wants (``set``, ``get``) and of which channel."""
AsCommand = Callable[[str, Endpoint], Endpoint]
"""Called with the URI and the endpoint of what writes; see ``Commands.endpoint``."""


def for_callers(admit: Admit, action: str, inner: Endpoint, channel: str | None = None) -> Endpoint:
    """Return *inner* behind the question who calls; the router tells it in the details.

    Args:
        admit: raises what the caller is answered who may not.
        action: ``set`` or ``get``.
        inner: the endpoint.
        channel: the public channel it is about, if it is one.
    """

    async def admitted(*args: Any, details: Any, **kwargs: Any) -> Any:
        admit(details, action, channel)
        if hasattr(inner, "wants_caller"):
            kwargs["details"] = details
        return await inner(*args, **kwargs)

    admitted.wants_caller = True  # type: ignore[attr-defined] # functions take attributes
    return admitted


def device_procedures(
    device: DeviceRunner,
    prefix: str,
    admit: Admit = lambda *_: None,
    history: Callable[[str, Callable[[], ChannelConfig]], Endpoint] | None = None,
    *,
    as_command: AsCommand = lambda _, inner: inner,
) -> Procedures:
    """Return every procedure of *device*, below the node's *prefix*.

    Args:
        device: the device.
        prefix: URI prefix of the node.
        admit: asked before each order who may give it, and before readings where roles count.
        history: returns what answers with the history of a channel; None: nobody keeps any.
        as_command: puts what writes behind its deadline and its key.
    """
    base = f"{prefix}.{device.name}"

    def ask_get(inner: Endpoint, channel: str | None = None) -> Endpoint:
        config = device.config
        own = None if channel is None else config.channels[channel].access.get
        limited = config.access.get is not None or own is not None
        return for_callers(admit, "get", inner, channel) if limited else inner

    table: Procedures = {
        f"{base}.get": ask_get(endpoint(FRESH, _get_all(device))),
        f"{base}.describe": endpoint({}, _describe(device, prefix)),
        f"{base}.health": endpoint({}, _health(device)),
    }
    for name, channel in device.config.channels.items():
        table[f"{base}.{name}.get"] = ask_get(endpoint(FRESH, _get(device, name)), name)
        if channel.history_s is not None and history is not None:
            now = partial(device.config.channels.__getitem__, name)
            kept = history(f"{device.name}.{name}", now)
            table[f"{base}.{name}.history"] = ask_get(kept, name)
        if channel.spec.is_settable:
            order, uri = endpoint(SET, _set(device, name)), f"{base}.{name}.set"
            table[uri] = as_command(uri, for_callers(admit, "set", order, name))
    settable = [n for n, c in device.config.channels.items() if c.spec.is_settable]
    if len(settable) == 1:
        table[f"{base}.set"] = table[f"{base}.{settable[0]}.set"]
    for command in device.commands:
        uri = f"{base}.{command}"
        table[uri] = as_command(uri, _command(device, command, admit))
    return table


def _get_all(device: DeviceRunner) -> Endpoint:
    async def get_all(*, fresh: bool) -> dict[str, Any]:
        for name in list(device.config.channels)[:1]:
            await device.get(name, fresh=fresh)
        readings = {n: device.reading_of(c) for n, c in device.config.channels.items()}
        return {name: {"value": r.value, **r.details()} for name, r in readings.items()}

    return get_all


def _get(device: DeviceRunner, channel: str) -> Endpoint:
    async def get(*, fresh: bool) -> CallResult:
        reading = await device.get(channel, fresh=fresh)
        return CallResult.of(reading.value, **reading.details())

    return get


def _set(device: DeviceRunner, channel: str) -> Endpoint:
    async def set_channel(*, value: Any, for_: float | None) -> Any:
        return await device.set(channel, value, for_s=for_)

    return set_channel


def _command(device: DeviceRunner, command: str, admit: Admit) -> Endpoint:
    async def run(*args: Any, details: Any, **kwargs: Any) -> Any:
        admit(details, "set", None)
        return await arrived(await device.call(command, args, kwargs), details.progress)

    run.wants_caller = True  # type: ignore[attr-defined] # functions take attributes
    return run


def _describe(device: DeviceRunner, prefix: str) -> Endpoint:
    async def describe() -> dict[str, Any]:
        from wampedge.runtime.describe import describe_device  # noqa: PLC0415 # only who asks for it

        return describe_device(device.config, prefix)

    return describe


def _health(device: DeviceRunner) -> Endpoint:
    async def health() -> dict[str, Any]:
        patience = device.execution.patience
        blocked = {"blocked": patience.exceeded} if patience and patience.exceeded else {}
        return {
            "state": device.health.state,
            **device.health.details(),
            **blocked,
            **device.driver.counters(),
        }

    return health
