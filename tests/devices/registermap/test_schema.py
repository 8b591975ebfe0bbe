"""What is wrong in a map file is told with the file, the key and what was wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from wampedge.devices.registermap import load_map, vectors_of
from wampedge.devices.registermap.schema import MAP, MAX_FILE_BYTES, read_map
from wampedge.errors import ConfigError

from .conftest import WriteMap


def test_absent_keys_get_their_defaults(write_map: WriteMap) -> None:
    document = read_map(write_map())

    assert document["addresses"] == (0x40,)
    assert document["read"][0]["crc"] is None
    assert document["out"]["value"]["signed"] is False


def test_all_mistakes_are_told_at_once(write_map: WriteMap) -> None:
    path = write_map(head="every = 5\nbaud = 9600", read='crc = "crc32"', out="shift = -1")

    with pytest.raises(ConfigError) as caught:
        read_map(path)

    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems) == 4
    assert any(line.startswith("part.toml: every: must be a duration") for line in lines)
    assert any(line.startswith("part.toml: baud: is not a known key") for line in lines)
    assert any(line.startswith("part.toml: read[0].crc: must be") for line in lines)
    assert any(line.startswith("part.toml: out.value.shift: must be 0 to 63") for line in lines)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"name = ", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        (b"a = " + b"[" * 5000, "is no TOML"),
        (b"#" * (MAX_FILE_BYTES + 1), "is larger than 65536 bytes"),
        (b"", "name: is missing"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "part.toml"
    path.write_bytes(text)

    with pytest.raises(ConfigError, match=complaint):
        read_map(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"part\.toml: cannot be read: No such file"):
        read_map(tmp_path / "part.toml")


def test_the_name_is_the_one_of_the_file(write_map: WriteMap) -> None:
    path = write_map()
    renamed = path.rename(path.with_name("other.toml"))

    with pytest.raises(ConfigError, match="name: must be the name of the file, 'other'"):
        read_map(renamed)


@pytest.mark.parametrize(
    ("read", "complaint"),
    [
        ('cmd = "24g0"', "pairs of hexadecimal digits"),
        ('cmd = ""', "must not be empty"),
        ("cmd = 24", "pairs of hexadecimal digits"),
    ],
)
def test_bytes_are_hexadecimal(write_map: WriteMap, read: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_map(write_map(read=read))


def test_an_expression_may_be_a_number_or_a_text(write_map: WriteMap) -> None:
    tables = '[consts]\na = 5\nb = 0.5\nc = "a * b"'

    assert read_map(write_map(tables=tables))["consts"] == {"a": "5", "b": "0.5", "c": "a * b"}


@pytest.mark.parametrize("value", ["true", '""', "[1]", "nan"])
def test_an_expression_is_nothing_else(write_map: WriteMap, value: str) -> None:
    with pytest.raises(ConfigError, match=r"consts\.a"):
        read_map(write_map(tables=f"[consts]\na = {value}"))


def test_addresses_are_a_list_or_a_range(write_map: WriteMap) -> None:
    path = write_map()
    path.write_text(path.read_text().replace("[0x40]", '"0x40-0x43"'))

    assert read_map(path)["addresses"] == (0x40, 0x41, 0x42, 0x43)


@pytest.mark.parametrize("value", ['"0x40"', "[0x00]", "[0x78]", "[]", '"0x50-0x40"', "64"])
def test_addresses_are_within_the_bus(write_map: WriteMap, value: str) -> None:
    path = write_map()
    path.write_text(path.read_text().replace("[0x40]", value))

    with pytest.raises(ConfigError, match="addresses"):
        read_map(path)


TEMPLATE = """
[[template]]
rows = [{ name = "a0", mux = 4 }, { name = "a1", mux = 5 }]
[[template.read]]
name = "{{name}}_word"
start = {{ reg = 1, value = "{{mux}} << 4" }}
len = 2
[template.out."{{name}}"]
from = "{{name}}_word"
"""


def test_a_template_gives_reads_and_outs_for_each_row(write_map: WriteMap) -> None:
    document = read_map(write_map(tables=TEMPLATE.replace("{{", "{").replace("}}", "}")))

    assert [read["name"] for read in document["read"]] == ["word", "a0_word", "a1_word"]
    assert [read["start"]["value"] for read in document["read"][1:]] == ["4 << 4", "5 << 4"]
    assert list(document["out"]) == ["value", "a0", "a1"]


def test_a_template_names_only_keys_of_its_rows(write_map: WriteMap) -> None:
    tables = TEMPLATE.replace("{{", "{").replace("}}", "}").replace("{mux}", "{pin}")

    with pytest.raises(ConfigError, match=r"template\[0\]: \{pin\} is not a key of the row"):
        read_map(write_map(tables=tables))


def test_the_vectors_of_a_map_can_be_had_alone(write_map: WriteMap) -> None:
    (vector,) = vectors_of(write_map())

    assert vector.bus == [(b"\x01", b"\x00\x00")]
    assert vector.expect == {"value": 0}
    assert vector.writes is None


def test_a_map_without_vectors_is_no_driver(write_map: WriteMap) -> None:
    path = write_map()
    path.write_text(path.read_text().partition("[[test]]")[0])

    with pytest.raises(ConfigError, match="test: is missing"):
        load_map(path)


def test_the_vocabulary_has_a_json_schema() -> None:
    schema = MAP.schema()

    assert schema["additionalProperties"] is False
    assert "crc" in schema["properties"]["read"]["items"]["properties"]
