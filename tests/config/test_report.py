from __future__ import annotations

from wampedge.config import Problem, Related, render


def report(problem: Problem, source: str) -> list[str]:
    return render([problem], source).split("\n")


def test_a_problem_is_shown_with_its_line_and_a_caret() -> None:
    problem = Problem("devices.toml", 2, 7, 9, "devices.a.pin must be 0 to 27", 'write "17"')

    assert render([problem], "[devices.a]\npin = 99\n") == (
        "error: devices.a.pin must be 0 to 27\n"
        " --> devices.toml:2:7\n"
        "  |\n"
        "2 | pin = 99\n"
        '  |       ^^ write "17"\n'
        "\n"
        "devices.toml: 1 error"
    )


def test_a_related_place_before_it_is_shown_too() -> None:
    problem = Problem("f", 12, 1, 4, "used twice", related=(Related(9, 1, 4, "first used here"),))

    assert report(problem, "\n" * 8 + "one\n\n\ntwo") == [
        "error: used twice",
        "  --> f:12:1",
        "   |",
        " 9 | one",
        "   | --- first used here",
        "...",
        "12 | two",
        "   | ^^^",
        "",
        "f: 1 error",
    ]


def test_a_related_place_behind_it_or_on_the_line_is_shown_in_file_order() -> None:
    related = (Related(2, 1, 2, "later"), Related(1, 3, 4, "same line"))

    assert report(Problem("f", 1, 1, 2, "x", related=related), "ab c\nd")[3:7] == [
        "1 | ab c",
        "  |   - same line",
        "  | ^",
        "2 | d",
    ]


def test_tabs_and_wide_characters_keep_the_caret_in_place() -> None:
    lines = report(Problem("f", 1, 8, 9, "x"), "\ta = '温\u0301'")

    assert lines[3] == "1 |     a = '温\u0301'"
    assert lines[4] == "  |" + " " * 12 + "^"


def test_control_characters_do_not_reach_the_terminal() -> None:
    lines = report(Problem("f", 1, 1, 2, "x"), "a\x1b[31m\x07")

    assert lines[3] == "1 | a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"


def test_a_long_line_is_shown_around_the_caret() -> None:
    lines = report(Problem("f", 1, 5001, 5003, "x"), "a" * 5000 + "bb" + "c" * 5000)

    assert lines[3] == "1 | ..." + "a" * 60 + "bb" + "c" * 98 + "..."
    assert lines[4] == "  | " + " " * 63 + "^^"


def test_a_place_behind_the_last_line_is_shown_empty() -> None:
    assert report(Problem("f", 3, 1, 2, "x"), "a")[3:5] == ["3 |", "  | ^"]


def test_byte_order_mark_and_carriage_returns_do_not_shift_the_excerpt() -> None:
    assert report(Problem("f", 2, 1, 2, "x"), "\ufeffa\r\nb\r\n")[3] == "2 | b"


def test_only_the_first_hundred_problems_are_shown() -> None:
    text = render([Problem("f", 1, 1, 2, "x")] * 250, "a")

    assert text.count("error: x") == 100
    assert text.endswith("\n\nf: 250 errors, the first 100 are shown")


def test_colours_come_only_when_asked_for() -> None:
    problem = Problem("f", 1, 1, 2, "x", "hint", related=(Related(1, 1, 2, "y"),))

    assert "\x1b" not in render([problem], "a")
    colored = render([problem], "a", color=True)
    assert "\x1b[1;31merror:\x1b[0m \x1b[1mx\x1b[0m" in colored
    assert "\x1b[1;31m^ hint\x1b[0m" in colored
    assert "\x1b[1;34m- y\x1b[0m" in colored


def test_secrets_are_masked() -> None:
    source = 'auth = { method = "tikcet", secret = "hunter2" }'

    assert report(Problem("f", 1, 19, 27, "x"), source)[3] == (
        '1 | auth = { method = "tikcet", secret = "*******" }'
    )
