from __future__ import annotations

from wampedge.config.problems import Findings, Problem, Related
from wampedge.config.scanner import scan
from wampedge.devices.fields import FieldError

TEXT = "[devices.a]\npin = 99\nlist = [\n  1,\n]\n"


def findings() -> Findings:
    return Findings("f", scan(TEXT))


def only(found: Findings) -> Problem:
    (problem,) = found.in_file_order()
    return problem


def test_a_problem_is_at_its_value() -> None:
    found = findings()

    found.add(("devices", "a", "pin"), "must be 0 to 27", "hint", code="value")

    assert only(found) == Problem("f", 2, 7, 9, "devices.a.pin must be 0 to 27", "hint", "value")


def test_a_problem_can_be_at_its_key() -> None:
    found = findings()

    found.add(("devices", "a", "pin"), "is not a known key", on="key")

    assert (only(found).line, only(found).column, only(found).end_column) == (2, 1, 4)


def test_what_is_not_there_is_told_at_its_table() -> None:
    found = findings()

    found.add(("devices", "a", "driver"), "is missing")
    found.add(("node",), "is missing")

    assert [(p.line, p.column, p.end_column) for p in found.in_file_order()] == [
        (1, 1, 2),
        (1, 10, 11),
    ]


def test_a_value_over_several_lines_is_marked_on_the_first() -> None:
    found = findings()

    found.add(("devices", "a", "list"), "is wrong")

    assert (only(found).line, only(found).column, only(found).end_column) == (3, 8, 9)


def test_an_item_of_a_list_has_its_own_place() -> None:
    found = findings()

    found.add(("devices", "a", "list", 0), "is wrong")

    assert only(found).text == "devices.a.list[0] is wrong"
    assert (only(found).line, only(found).column) == (4, 3)


def test_related_places_carry_their_labels() -> None:
    found = findings()

    found.add_text(("devices",), "text", related=[(("devices", "a", "pin"), "here")])

    assert only(found).related == (Related(2, 7, 9, "here"),)


def test_every_mistake_of_a_field_error_is_noted_in_file_order() -> None:
    found = findings()
    unknown = FieldError("is not a known key", "", ("pin",), code="unknown-key")

    found.add_field_error(("devices", "a"), FieldError("is wrong", "", ("list", 0), also=[unknown]))

    assert [(p.line, p.column, p.code) for p in found.in_file_order()] == [
        (2, 1, "unknown-key"),
        (4, 3, "value"),
    ]


def test_what_stood_in_a_broken_statement_is_not_told_to_be_missing() -> None:
    found = Findings("f", scan("[a]\nb = x\n"))
    missing = FieldError("is missing", "", ("b",), code="missing-key")

    found.add_field_error(("a",), missing)

    assert len(found) == 0
    assert found.is_lost(("a", "b", "c"))
    assert found.is_any_lost(("a",))
    assert not found.is_any_lost(("b",))


def test_a_value_can_be_lost_on_the_way() -> None:
    found = findings()

    found.lose(("node", "name"))

    assert found.is_lost(("node", "name"))
