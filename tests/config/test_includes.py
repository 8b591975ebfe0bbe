from __future__ import annotations

import os
from pathlib import Path

import pytest

from wampedge.config import check_all, load, render
from wampedge.config.checking import Checked
from wampedge.errors import ConfigError

MAIN = 'wampedge = 1\ninclude = ["lib/*.toml"]\n[node]\nname = "a"\n'
LAMP = '[devices.lamp]\ndriver = "led"\npin = 27\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).write_text(text, "utf-8")


def checked(text: str = MAIN, **environ: str) -> Checked:
    return check_all(text, "site.toml", environ)


def complaints(text: str = MAIN, **environ: str) -> list[str]:
    return [
        f"{p.file}:{p.line}:{p.column} {p.text}{f' ({p.hint})' if p.hint else ''}"
        for p in checked(text, **environ).problems
    ]


def test_files_are_merged_as_if_they_were_one_text(folder: Path) -> None:
    write("lib/b.toml", LAMP)
    write("lib/a.toml", 'wampedge = 1\n[router.users.x]\nauth.method = "ticket"\n'
          'auth.secret = "${env:T}"\nrole = "local"\n')  # fmt: skip

    config = checked(
        MAIN + '[router]\nrealm = "r"\n[devices.fan]\ndriver="led"\npin=5\n', T="s"
    ).config

    assert config is not None
    assert list(config.devices) == ["fan", "lamp"]
    assert (config.router.realm, list(config.router.users)) == ("r", ["x"])
    assert config.files == (Path("site.toml"), Path("lib/a.toml"), Path("lib/b.toml"))


def test_names_are_relative_to_the_file_that_includes(folder: Path) -> None:
    (folder / "lib/more").mkdir()
    write("lib/a.toml", 'include = ["more/lamp.toml"]\n')
    write("lib/more/lamp.toml", LAMP)
    write("site.toml", MAIN)

    config = load(folder / "site.toml", {})

    assert [file.relative_to(folder) for file in config.files] == [
        Path("site.toml"), Path("lib/a.toml"), Path("lib/more/lamp.toml"),
    ]  # fmt: skip


def test_each_mistake_is_told_in_its_own_file(folder: Path) -> None:
    write("lib/a.toml", "# one\n[devices.lamp]\ndriver = 'led'\npin = 99\n[devices.x\n")

    assert complaints(MAIN + "[devices.fan]\ndriver = 'lad'\n") == [
        (
            'site.toml:6:10 devices.fan.driver must be the name of a driver, got "lad"'
            " (did you mean led?)"
        ),
        "lib/a.toml:4:7 devices.lamp.pin must be GPIO0 to GPIO27, got 99",
        "lib/a.toml:5:11 expected ], but the line ends",
    ]


def test_what_two_files_define_is_refused_with_both_places(folder: Path) -> None:
    write("lib/a.toml", "\n" + LAMP)

    found = checked(MAIN + LAMP)

    assert render(found.problems, found.texts) == (
        "error: devices.lamp is defined in two files\n"
        " --> lib/a.toml:2:10\n"
        "  |\n"
        "2 | [devices.lamp]\n"
        "  |          ^^^^ rename or remove one\n"
        " ::: site.toml:5:10\n"
        "5 | [devices.lamp]\n"
        "  |          ---- first defined here\n"
        "\n"
        "lib/a.toml: 1 error"
    )


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("[defaults]\n", "[defaults]\n", "defaults"),
        ("defaults.every = '1s'\n", "defaults.every = '1s'\n", "defaults.every"),
        ("defaults = {}\n", "defaults.every = '1s'\n", "defaults"),
        ("defaults.every = '1s'\n", "defaults = {}\n", "defaults"),
        ("[[router.limits]]\n", "[[router.limits]]\n", "router.limits"),
        ("defaults = 1\n", "[defaults]\n", "defaults"),
    ],
)
def test_no_table_is_put_together_that_is_complete(
    one: str, other: str, name: str, folder: Path
) -> None:
    write("lib/a.toml", one)
    write("lib/b.toml", LAMP)
    write("lib/c.toml", other)

    assert f"lib/c.toml:1:{{}} {name} is defined in two files (rename or remove one)" in [
        text.replace(":1:" + text.split(":")[2].split(" ")[0], ":1:{}") for text in complaints()
    ]


def test_two_devices_of_two_files_want_one_line(folder: Path) -> None:
    write("lib/a.toml", LAMP)

    found = checked(MAIN + "[devices.fan]\ndriver = 'led'\npin = 27\n")

    (problem,) = found.problems
    assert problem.text == "GPIO27 is used twice: by fan.pin and lamp.pin"
    assert (problem.file, problem.line) == ("lib/a.toml", 3)
    assert [(r.file, r.line) for r in problem.related] == [("site.toml", 7)]


def test_a_file_that_is_reached_twice_is_read_once(folder: Path) -> None:
    write("lib/a.toml", 'include = ["b.toml"]\n')
    write("lib/b.toml", LAMP)

    assert complaints() == []


def test_loops_are_refused(folder: Path) -> None:
    write("lib/a.toml", 'include = ["b.toml"]\n')
    write("lib/b.toml", 'include = ["a.toml"]\n')

    assert complaints(MAIN + LAMP) == [
        "lib/b.toml:1:12 include[0] includes lib/a.toml, which includes this file (remove one)"
    ]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("none_*.toml", 'finds no file with "none_*.toml"'),
        ("none.toml", "names a file: none.toml cannot be read: no such file or directory"),
        ("../x.toml", 'must be a relative name without .. and **, got "../x.toml"'),
        ("/etc/x.toml", 'must be a relative name without .. and **, got "/etc/x.toml"'),
        ("**/x.toml", 'must be a relative name without .. and **, got "**/x.toml"'),
        ("lib", "names lib, which is no .toml file"),
        ("a\\u0000b.toml", "must be a file or a pattern such as"),
        ("${env:NONE}.toml", "needs the environment variable NONE, which is not set"),
        ("${file:/x}.toml", "is public, and ${file:...} stands for a secret"),
        ("pipe.toml", "names a file: pipe.toml is not a regular file"),
        ("d.toml", "names a file: d.toml is a directory"),
        ("site.toml", "includes site.toml, which includes this file"),
        ("out.toml", "leads out.toml out of the folder of the device file"),
        ("secret.toml", "names secret.toml, which is no .toml file"),
    ],
)
def test_what_cannot_be_included_is_told_alone(pattern: str, reason: str, folder: Path) -> None:
    """Nothing is said of what the missing file may hold."""
    os.mkfifo("pipe.toml")
    Path("d.toml").mkdir()
    Path("secret").write_text("hunter2")
    Path("secret.toml").symlink_to("secret")
    Path("out.toml").symlink_to("/etc/hostname.toml")
    text = f'wampedge = 1\ninclude = ["{pattern}"]\n[node]\nname = "a"\n'

    (found,) = complaints(text)

    assert found.startswith(f"site.toml:2:12 include[0] {reason}")


def test_environment_says_which_file(folder: Path) -> None:
    write("lib/north.toml", LAMP)

    assert complaints(MAIN.replace("*", "${env:SITE}"), SITE="north") == []


def test_include_is_a_list(folder: Path) -> None:
    found = complaints('wampedge = 1\ninclude = "lib/a.toml"\n[node]\nname = "a"\n' + LAMP)

    assert found == ['site.toml:2:11 include must be a list, got "lib/a.toml" (write it in [ ])']


def test_size_count_and_depth_are_bounded(folder: Path) -> None:
    write("lib/a.toml", "# " + "x" * 200_000)
    write("lib/b.toml", "# " + "x" * 200_000)
    assert complaints() == [
        "site.toml:2:12 include[0] makes the files larger than 256 KiB together"
    ]

    write("lib/a.toml", "")
    for number in range(70):
        write(f"lib/x{number}.toml", "")
    assert complaints(MAIN.replace("*", "x*")) == [
        "site.toml:2:12 include[0] finds more than 64 files"
    ]

    for number in range(6):
        write(f"lib/d{number}.toml", f'include = ["d{number + 1}.toml"]')
    assert complaints(MAIN.replace("*", "d0") + LAMP) == [
        (
            "lib/d3.toml:1:12 include[0] is nested deeper than 4 files"
            " (include it from the device file)"
        )
    ]


def test_another_format_and_other_encodings_are_refused_in_their_file(folder: Path) -> None:
    write("lib/a.toml", "wampedge = 2\n")
    Path("lib/b.toml").write_bytes(b"# \xff\n")

    assert complaints(MAIN + LAMP) == [
        (
            "lib/a.toml:1:12 wampedge must be 1"
            " (write the version as in the device file, or leave it out)"
        ),
        "lib/b.toml:1:3 byte 0xff is not UTF-8 text (save the file as UTF-8)",
    ]


def test_the_report_masks_secrets_of_included_files_too(folder: Path) -> None:
    write("lib/a.toml", '[upstream]\nauth = { method = "tickte", secret = "hunter2" }\n')
    write("site.toml", MAIN + LAMP)

    with pytest.raises(ConfigError) as caught:
        load(folder / "site.toml", {})

    assert "lib/a.toml:2:19" in str(caught.value)
    assert "hunter2" not in str(caught.value)
