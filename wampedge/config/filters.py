"""``filters`` of a channel: an ordered list of tables with one key each, checked with its units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Field, FieldError, Integer, Number, shown
from wampedge.devices.spelling import nearest, one_of
from wampedge.devices.units import UnitError, conversion, unit_of
from wampedge.records import Record

if TYPE_CHECKING:
    from wampedge.devices.filters.base import FilterKind, FilterSpec

__all__ = ["MAX_FILTERS", "FilterList", "Shape", "filter_schema", "shape_of"]

MAX_FILTERS: Final = 32

_THERMOMETERS: Final = frozenset({"ntc", "pt100", "pt1000"})
_OTHER_WORDS: Final = {
    "average": "mean",
    "moving_average": "mean",
    "sliding_window_moving_average": "sliding_window",
    "exponential_moving_average": "exponential",
    "multiply": "scale",
    "factor": "scale",
    "filter_out": "invalid",
    "calibrate_linear": "calibrate",
    "calibrate_polynomial": "calibrate",
    "limit": "clamp",
    "thermistor": "ntc",
}
"""What other programs call our filters."""


class Shape(Record):
    """What becomes of the numbers of a channel on their way from the driver to the world.

    Attributes:
        unit: public unit.
        scale: the driver's number is multiplied by this ...
        offset: ... and this is added, before the filters.
        filters: in order, their amounts as numbers.
    """

    unit: str
    scale: float = 1.0
    offset: float = 0.0
    filters: tuple[FilterSpec, ...] = ()


class FilterList(Field):
    """``[{ median = 5 }, { offset = -0.4 }]``: name and options of each, units unchecked."""

    def convert(self, value: Any) -> tuple[tuple[str, Any], ...]:
        """Return name and converted options of each filter; raises FieldError."""
        if not isinstance(value, list):
            raise FieldError(f"must be a list, got {shown(value)}", "write [{ median = 5 }]")
        if len(value) > MAX_FILTERS:
            raise FieldError(f"must have {MAX_FILTERS} filters or fewer, got {len(value)}")
        found: list[tuple[str, Any]] = []
        errors: list[FieldError] = []
        for index, table in enumerate(value):
            try:
                found.append(_filter(table))
            except FieldError as error:
                errors.extend(each.within(index) for each in error.each())
        if errors:
            first, *others = errors
            raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
        return tuple(found)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the list; the filters themselves are in ``$defs``."""
        return {"type": "array", "maxItems": MAX_FILTERS, "items": {"$ref": "#/$defs/filter"}}


def filter_schema() -> dict[str, Any]:
    """Return the JSON Schema of one filter, for ``$defs``."""
    from wampedge.devices.filters.registry import FILTERS  # noqa: PLC0415 # only files that have them

    return {
        "type": "object",
        "properties": {
            name: {**kind.field.schema(), "description": kind.doc} for name, kind in FILTERS.items()
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def shape_of(
    spec: ChannelSpec,
    wanted: str | None,
    filters: Sequence[tuple[str, Any]],
    *,
    name: str = "the channel",
    is_open: bool = False,
) -> Shape:
    """Return how the numbers of a channel get into the unit *wanted*, or into the driver's.

    Numbers are converted first, so that filters are in the public unit. Where that is no unit of
    the same quantity, a filter has to make it one (``calibrate``): those before it are in the unit
    of the driver, those after it in the public one.

    Args:
        spec: what the driver says of the channel.
        wanted: the unit of the device file.
        filters: name and converted options of each.
        name: what the channel is called.
        is_open: only the file knows what the channel measures.

    Raises:
        FieldError: the path begins with ``unit`` or ``filters``.
    """
    if is_open:
        unit = wanted or spec.unit
        spec = spec.but(unit="" if _has_thermometer(filters) else unit)
        wanted = wanted if _has_thermometer(filters) else None
    if not filters:
        scale, offset = _conversion(spec, wanted, name)
        return Shape(_symbol(wanted, spec), scale, offset)
    kinds = _kinds(spec, filters)
    if any(kind.units is not None for kind in kinds):
        return _thermometer(spec, wanted, filters, kinds)
    return _filtered(spec, wanted, filters, kinds, name)


def _filtered(
    spec: ChannelSpec,
    wanted: str | None,
    filters: Sequence[tuple[str, Any]],
    kinds: Sequence[FilterKind],
    name: str,
) -> Shape:
    """Return the shape of a channel whose filters may make another quantity of it."""
    changer = next((at for at, kind in enumerate(kinds) if kind.changes_unit), None)
    try:
        scale, offset = _conversion(spec, wanted, name)
    except FieldError:
        if changer is None or wanted is None:
            raise
        _known(wanted)
        scale, offset = 1.0, 0.0
        units = [spec.unit] * (changer + 1) + [wanted] * (len(kinds) - changer - 1)
    else:
        units = [_symbol(wanted, spec)] * len(kinds)
    return Shape(_symbol(wanted, spec), scale, offset, _settled(filters, units))


def _thermometer(
    spec: ChannelSpec,
    wanted: str | None,
    filters: Sequence[tuple[str, Any]],
    kinds: Sequence[FilterKind],
) -> Shape:
    """Return the shape of a channel whose resistance becomes a temperature."""
    at = next(index for index, kind in enumerate(kinds) if kind.units is not None)
    before, after = kinds[at].units or ("", "")
    try:
        scale, offset = conversion(spec.unit or before, before)
    except UnitError:
        converts_before = any(kind.changes_unit for kind in kinds[:at])
        if not converts_before:
            text = f"takes a resistance, and the driver gives {spec.unit}"
            hint = "put the filter before it that makes a resistance of it, such as polynomial"
            raise FieldError(text, hint, ("filters", at, kinds[at].name)) from None
        scale, offset = 1.0, 0.0
    unit = wanted or after
    try:
        then = conversion(after, unit)
    except UnitError:
        text = f"must be a temperature, got {shown(unit)}"
        raise FieldError(text, f"{kinds[at].name} gives {after}", ("unit",)) from None
    units = [before] * (at + 1) + [unit] * (len(kinds) - at - 1)
    settled = list(_settled(filters, units))
    settled[at] = settled[at].but(then=then)
    return Shape(unit_of(unit).symbol, scale, offset, tuple(settled))


def _has_thermometer(filters: Sequence[tuple[str, Any]]) -> bool:
    return any(name in _THERMOMETERS for name, _ in filters)


def _kinds(spec: ChannelSpec, filters: Sequence[tuple[str, Any]]) -> list[FilterKind]:
    from wampedge.devices.filters.registry import FILTERS  # noqa: PLC0415 # only files that have them

    if spec.is_settable:
        text = "are for what is read, and this channel can be set"
        raise FieldError(text, "remove them", ("filters",))
    kinds = [FILTERS[name] for name, _ in filters]
    is_number = isinstance(spec.field, Number | Integer)
    thermometers = 0
    for index, kind in enumerate(kinds):
        thermometers += kind.units is not None
        path = ("filters", index, kind.name)
        if kind.takes_numbers and not is_number:
            raise FieldError("is for numbers, and this channel has none", path=path)
        if thermometers > 1:
            raise FieldError("is the second thermometer of this channel", path=path)
    return kinds


def _settled(filters: Sequence[tuple[str, Any]], units: Sequence[str]) -> tuple[FilterSpec, ...]:
    from wampedge.devices.fields.amounts import settled  # noqa: PLC0415 # only files that have them
    from wampedge.devices.filters.base import FilterSpec  # noqa: PLC0415 # only files that have them

    specs = []
    for index, ((name, options), unit) in enumerate(zip(filters, units, strict=True)):
        try:
            specs.append(FilterSpec(name, settled(options, unit)))
        except FieldError as error:
            raise error.within(name).within(index).within("filters") from None
    return tuple(specs)


def _conversion(spec: ChannelSpec, wanted: str | None, name: str) -> tuple[float, float]:
    """Return factor and summand to *wanted*; raises FieldError at ``unit``."""
    if wanted is None or wanted == spec.unit:
        return 1.0, 0.0
    if not spec.unit or not isinstance(spec.field, Number | Integer):
        text = f"must be left out: {name} has no unit, got {shown(wanted)}"
        raise FieldError(text, path=("unit",))
    try:
        return conversion(spec.unit, wanted)
    except UnitError as error:
        text = f"must be {spec.unit} or convert to it, got {shown(wanted)}"
        raise FieldError(text, error.hint, ("unit",)) from None


def _known(unit: str) -> None:
    try:
        unit_of(unit)
    except UnitError as error:
        raise FieldError(error.text, error.hint, ("unit",)) from None


def _symbol(wanted: str | None, spec: ChannelSpec) -> str:
    if wanted is None or wanted == spec.unit:
        return spec.unit
    return unit_of(wanted).symbol


def _filter(table: Any) -> tuple[str, Any]:
    from wampedge.devices.filters.registry import FILTERS  # noqa: PLC0415 # only files that have them

    if not isinstance(table, Mapping):
        hint = f"write {{ {table} = ... }}" if table in FILTERS else "write { median = 5 }"
        raise FieldError(f"must be a table, got {shown(table)}", hint)
    if len(table) != 1:
        hint = "write a table of its own for each: [{ median = 5 }, { offset = -0.4 }]"
        raise FieldError(f"must have one key, the name of the filter, and has {len(table)}", hint)
    ((name, options),) = table.items()
    kind = FILTERS.get(name)
    if kind is None:
        near = [_OTHER_WORDS[name]] if name in _OTHER_WORDS else nearest(name, FILTERS)
        known = f"filters: {', '.join(FILTERS)}"
        hint = f"did you mean {one_of(near[:2])}?" if near else known
        raise FieldError("is no filter", hint, (name,), code="unknown-key")
    try:
        return name, kind.field.convert(options)
    except FieldError as error:
        raise error.within(name) from None
