"""Simulated parts made from register maps: every map is also the model of its part."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from wampedge.devices.driver import DriverSpec, spec_of
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.vectors import Vector, payloads_of, vectors_of
from wampedge.devices.vector_context import VectorError
from wampedge.errors import DeviceError
from wampedge_simulator.generated.chip import FAULTS, GeneratedPart, inversion_of

__all__ = ["GeneratedPart", "part_from"]

_parts: WeakKeyDictionary[type[MapDriver], type[GeneratedPart]] = WeakKeyDictionary()


def part_from(spec: DriverSpec) -> type[GeneratedPart]:
    """Return the part that the map behind *spec* describes, the same class each time.

    Raises:
        VectorError: no vector of the map shows all its channels.
    """
    driver = spec.driver_class
    assert issubclass(driver, MapDriver), "only maps describe their parts"
    if driver not in _parts:
        _parts[driver] = _made(driver)
    return _parts[driver]


def _made(driver: type[MapDriver]) -> type[GeneratedPart]:
    spec, compiled = spec_of(driver), driver.register_map
    example = _example(spec, vectors_of(compiled.path))
    names = {
        "spec": spec,
        "compiled": compiled,
        "example": example,
        "fault_kinds": _faults(spec, driver),
        "quantities": {},
        "__doc__": f"{spec.title}, made from its register map.",
    }
    if not any(kind.is_required for kind in spec.params.values()):
        bound = compiled.bind({name: kind.default for name, kind in spec.params.items()})
        names["quantities"] = inversion_of(spec, compiled, bound, example).quantities
    return type(f"Generated_{spec.name}", (GeneratedPart,), names)


def _faults(spec: DriverSpec, driver: type[MapDriver]) -> dict[str, str]:
    """Return the faults that mean something to such a part."""
    reads = driver.register_map.reads
    kinds = dict(FAULTS)
    if not any(read.query.guard for read in reads):
        del kinds["bad_crc"]
    if not any(read.query.wait_s or (read.poll and read.start) for read in reads):
        del kinds["late"]
    if not spec.is_polled:
        del kinds["stuck"]
    return kinds


def _example(spec: DriverSpec, vectors: list[Vector]) -> dict[str, bytes]:
    """Return the bytes of each read in the first vector where every channel has a value."""
    if not spec.is_polled:
        return {}
    good = [vector for vector in vectors if vector.error is None and not vector.bad]
    for vector in good:
        try:
            payloads_of(spec, vector).send(None)
        except StopIteration as result:
            payloads: dict[str, bytes] = result.value
            return payloads
        except DeviceError:
            continue
    raise VectorError(f"{spec.name}: no vector gives every channel a value")
