"""Packages that load what they offer when it is used, and nothing before."""

import importlib
import subprocess
import sys

import pytest

from wampedge.lazy_names import lazy_names

PACKAGES = [
    "wampedge.config",
    "wampedge.devices.registermap",
    "wampedge.simulation",
    "wampedge.testing",
    "wampedge.wamp.auth",
    "wampedge.wamp.auth_proofs",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_all_that_it_offers(package: str) -> None:
    module = importlib.import_module(package)

    assert all(getattr(module, name) is not None for name in module.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_does_not_have(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'colour'"):
        importlib.import_module(package).colour  # noqa: B018 - the look is what is tested


def test_a_name_is_taken_from_the_module_that_defines_it() -> None:
    find = lazy_names("email", {"Message": "message"})

    from email.message import Message

    assert find("Message") is Message


def test_what_nobody_asks_for_is_not_loaded() -> None:
    program = "import sys, wampedge.wamp.auth; print('wampedge.wamp.auth.scram' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
