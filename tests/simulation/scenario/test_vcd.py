from wampedge.simulation.scenario.recording import Change
from wampedge.simulation.scenario.vcd import vcd_text


def test_dump_has_a_variable_for_each_signal_and_a_line_for_each_change() -> None:
    changes = [
        Change(1e-9, "gpio:17", True),
        Change(0.5, "air.temperature", 21.5),
        Change(0.5, "gpio:17", False),
    ]

    text = vcd_text("play", {"gpio:17": False}, changes, 1.0)

    assert text.splitlines() == [
        "$comment play $end",
        "$timescale 1ns $end",
        "$scope module site $end",
        "$var wire 1 ! gpio_17 $end",
        '$var real 64 " air.temperature $end',
        "$upscope $end",
        "$enddefinitions $end",
        "$dumpvars",
        "0!",
        'rnan "',
        "$end",
        "#1",
        "1!",
        "#500000000",
        'r21.5 "',
        "0!",
        "#1000000000",
    ]


def test_texts_are_left_out_and_no_value_is_unknown() -> None:
    changes = [Change(0.1, "a.status", "ok"), Change(0.2, "b.state", None)]

    text = vcd_text("x $end ä", {}, changes, 0.3)

    assert "a.status" not in text
    assert "x!" in text
    assert text.startswith("$comment x end ? $end")


def test_identifiers_go_on_after_the_last_single_character() -> None:
    first = {f"gpio:{n}": False for n in range(96)}

    codes = [line.split()[3] for line in vcd_text("x", first, [], 0).splitlines() if "$var" in line]

    assert len(set(codes)) == 96
    assert codes[93:96] == ["~", "!!", '"!']
