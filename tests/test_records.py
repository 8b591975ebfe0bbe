from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

import pytest

from wampedge.records import Record


class Named(Record, kw_only=True):
    """A base with keyword fields."""

    doc: str = ""


class Point(Named):
    """A point."""

    DIMENSIONS: ClassVar[int] = 2
    x: int
    y: int = 0
    labels: Mapping[str, str] = MappingProxyType({})


def test_fields_are_taken_by_position_and_keyword() -> None:
    point = Point(1, y=2, doc="here")

    assert (point.x, point.y, point.doc, point.labels) == (1, 2, "here", {})


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((1, 2, {}, "doc"), {}),
        ((1,), {"x": 2}),
        ((1,), {"z": 3}),
        ((1,), {"DIMENSIONS": 3}),
    ],
)
def test_wrong_arguments_are_refused(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Point got wrong arguments"):
        Point(*args, **kwargs)


def test_records_are_frozen() -> None:
    point = Point(1)

    with pytest.raises(AttributeError, match="Point is frozen: cannot set x"):
        point.x = 2  # type: ignore[misc] # that is what is refused
    with pytest.raises(AttributeError, match="Point is frozen: cannot delete x"):
        del point.x


def test_records_compare_by_class_and_fields() -> None:
    assert Point(1, 2) == Point(1, y=2)
    assert Point(1, 2) != Point(1, 3)
    assert Point(1) != Named()
    assert hash(Named(doc="a")) == hash(Named(doc="a"))


def test_a_record_shows_its_fields() -> None:
    assert repr(Named(doc="a")) == "Named(doc='a')"


def test_but_changes_some_fields() -> None:
    assert Point(1, 2).but(y=3, doc="d") == Point(1, 3, doc="d")
    with pytest.raises(TypeError, match="wrong arguments: z"):
        Point(1).but(z=3)


def test_the_dataclasses_module_takes_records() -> None:
    assert [field.name for field in fields(Point)] == ["x", "y", "labels", "doc"]
    assert replace(Point(1, 2), y=5) == Point(1, 5)
    assert asdict(Named(doc="a")) == {"doc": "a"}
    assert is_dataclass(Named)


def test_a_dataclass_may_inherit_from_a_record() -> None:
    @dataclass(frozen=True)
    class Place(Point):
        height: int = 0

    place = Place(1, height=3, doc="d")

    assert (place.x, place.y, place.height, place.doc) == (1, 0, 3, "d")


def test_records_do_not_import_dataclasses() -> None:
    code = "import sys, wampedge.records; sys.exit('dataclasses' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
