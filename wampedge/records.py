"""Frozen records: what frozen dataclasses are, at a fiftieth of the price at import.

``dataclass`` compiles several methods for each class, half a millisecond a time; a command that
reads one device file would spend a third of its time on that. A ``Record`` shares its methods.
Type checkers see dataclasses (PEP 681), and so do ``dataclasses.replace`` and ``fields``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

if TYPE_CHECKING:
    import dataclasses

__all__ = ["Record"]


class _AsDataclass:
    """Attribute of a record class that only ``dataclasses`` asks for; made when it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Record]) -> Any:
        import dataclasses  # noqa: PLC0415 # the price that records are there to avoid

        fields = []
        for name in owner._positional + owner._by_keyword:
            default: Any = dataclasses.field(kw_only=name in owner._by_keyword)
            if name in owner._defaults:
                default.default_factory = lambda name=name: owner._defaults[name]
            fields.append((name, Any, default))
        twin = dataclasses.make_dataclass(owner.__name__, fields, frozen=True)
        return getattr(twin, self._name)


@dataclass_transform(frozen_default=True)
class Record:
    """Base of records: annotated names are the fields, in order, those of bases first.

    A class made with ``kw_only=True`` takes its own fields by keyword only. Defaults are shared by
    all instances, so they must be immutable. Equal are records of one class with equal fields.
    """

    _positional: ClassVar[tuple[str, ...]] = ()
    _by_keyword: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    _names: ClassVar[frozenset[str]] = frozenset()
    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    else:
        __dataclass_fields__ = _AsDataclass("__dataclass_fields__")
        __dataclass_params__ = _AsDataclass("__dataclass_params__")

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        # ``inspect.get_annotations`` would import ``inspect``, which costs more than all records.
        annotations = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 # see above
        own = [name for name, kind in annotations.items() if not str(kind).startswith("ClassVar")]
        fresh = tuple(name for name in own if name not in cls._positional + cls._by_keyword)
        if kw_only:
            cls._by_keyword += fresh
        else:
            cls._positional += fresh
        cls._names |= frozenset(fresh)
        cls._defaults = cls._defaults | {n: cls.__dict__[n] for n in own if n in cls.__dict__}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args:
            given = dict(zip(self._positional, args, strict=False))
            values = {**self._defaults, **given, **kwargs}
            is_wrong = len(given) < len(args) or not given.keys().isdisjoint(kwargs)
        else:
            values, is_wrong = {**self._defaults, **kwargs}, False
        if is_wrong or values.keys() != self._names:
            wrong = ", ".join(sorted(values.keys() ^ self._names)) or f"{len(args)} by position"
            raise TypeError(f"{type(self).__name__} got wrong arguments: {wrong}")
        self.__dict__.update(values)

    def but(self, **changes: Any) -> Self:
        """Return the same record with *changes*; raises TypeError for a field it does not have."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot delete {name}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"
