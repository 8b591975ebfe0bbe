from __future__ import annotations

import pytest

from wampedge.config.masking import masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('secret = "hunter2"', 'secret = "*******"'),
        ("secret = 'hunter2' # x", "secret = '*******' # x"),
        ("secret = 12345", "secret = *****"),
        ('"secret" = "hunter2"', '"secret" = "*******"'),
        ('my_password = "hunter2"', 'my_password = "*******"'),
        ("TICKET = 'x'", "TICKET = '*'"),
        ('upstream.auth.secret = "hunter2"', 'upstream.auth.secret = "*******"'),
        ('secret = "hunter2', 'secret = "*******'),
        ("secret = hunter2, id = 3", "secret = *******, id = 3"),
        ('url = "ws://me:hunter2@host:1/"', 'url = "ws://**********@host:1/"'),
        ('url = "ws://host:1/a@b"', 'url = "ws://host:1/a@b"'),
        ('secret = "${env:GH1_TICKET}"', 'secret = "${env:GH1_TICKET}"'),
        ('method = "ticket"', 'method = "ticket"'),
        ('pin = "17"', 'pin = "17"'),
    ],
)
def test_what_may_be_a_secret_becomes_stars(line: str, shown: str) -> None:
    assert masked(line) == shown
    assert len(shown) == len(line)


def test_a_misspelt_key_in_an_auth_table_is_covered() -> None:
    source = '[upstream.auth]\nmethod = "ticket"\nid = "gh1"\nsecert = "hunter2"\n'

    assert masked(source) == (
        '[upstream.auth]\nmethod = "ticket"\nid = "gh1"\nsecert = "*******"\n'
    )


def test_salt_and_iterations_are_no_secrets() -> None:
    source = 'auth = { salt = "00ff", iterations = 5, secret = "hunter2" }\n'

    assert masked(source) == 'auth = { salt = "00ff", iterations = 5, secret = "*******" }\n'


def test_a_secret_over_several_lines_keeps_its_lines() -> None:
    source = 'auth = { secret = """\nhunter2\n""" }\n'

    assert masked(source) == 'auth = { secret = """\n*******\n""" }\n'
