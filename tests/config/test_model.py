from __future__ import annotations

import copy
import pickle

import pytest

from tests.support.device_file import config_of, site
from wampedge.config.model import PinRef, Secret, SiteConfig, UpstreamAuth


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    auth = UpstreamAuth("ticket", "gh1", secret)

    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {auth!r} {[secret]}"
    assert not hasattr(secret, "__dict__")


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_a_secret_cannot_be_pickled_or_copied_by_accident() -> None:
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps(Secret("hunter2"))
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        copy.copy(Secret("hunter2"))


def test_a_pin_is_shown_as_the_file_writes_it() -> None:
    assert str(PinRef("gpio", 17)) == "GPIO17"
    assert str(PinRef("io", 0)) == "io:0"


def test_the_same_file_gives_an_equal_model() -> None:
    one, other = config_of(site()), config_of(site())

    assert isinstance(one, SiteConfig)
    assert one == other
    assert config_of(site("[defaults]\nevery = '1s'\n")).devices == one.devices
    assert config_of(site("[router]\nrealm = 'x'\n")) != one
