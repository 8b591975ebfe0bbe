from pathlib import Path
from xml.etree import ElementTree as ET

from wampedge.config.problems import Problem
from wampedge.simulation.scenario.junit import junit_xml
from wampedge.simulation.scenario.outcome import Failure, Outcome

PLACE = Problem("a.toml", 3, 1, 5, "gpio:17 equals true")


def test_failures_and_errors_are_told_apart_and_text_survives() -> None:
    failure = Failure(PLACE, 'false & <"odd">\x00', 12.5, "why not")
    outcomes = [
        Outcome(Path("a.toml"), "first", "failed", 7, (failure,), at_s=20.0, source="\n\nkey = 1"),
        Outcome(Path("b.toml"), "", "bad", text="error: no such key"),
        Outcome(Path("c.toml"), "third", "stuck", text="dead-lock: nothing"),
        Outcome(Path("d.toml"), "fourth", "passed", cpu_s=0.25),
    ]

    suite = ET.fromstring(junit_xml(outcomes)).find("testsuite")

    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "2")
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["first", "b", "third", "fourth"]
    failed = cases[0].find("failure")
    assert failed is not None
    assert failed.get("message") == 'expected gpio:17 equals true, got false & <"odd">?'
    assert "why not" in str(failed.text)
    seeds = {p.get("name"): p.get("value") for p in cases[0].iter("property")}
    assert seeds["seed"] == "7"
    assert cases[1].find("error") is not None
    assert cases[3].get("time") == "0.250"
    assert len(cases[3]) == 1
