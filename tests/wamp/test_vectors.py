"""The test suite of the WAMP specification, read where it lies, for every serializer we have."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import cbor2
import msgpack
import pytest

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import MESSAGE_BY_TYPE, Message
from wampedge.wamp.msgpack_codec import MsgpackSerializer
from wampedge.wamp.options import check_options
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import SERIALIZERS, Serializer
from wampedge.wamp.validation import from_wire

FOLDER = (
    Path(__file__).parents[2].parent
    / "shared"
    / "vectors"
    / "wamp-proto-testsuite"
    / "singlemessage"
)
FILES = sorted(FOLDER.glob("*/*.json"))

if not FILES:
    pytest.skip(f"no WAMP test vectors at {FOLDER}", allow_module_level=True)

SAMPLES: list[dict[str, Any]] = [
    {"file": file.stem, **sample}
    for file in FILES
    for sample in json.loads(file.read_bytes())["samples"]
]
BYTES = [sample for sample in SAMPLES if "serializers" in sample]
RULES = [sample for sample in SAMPLES if "wmsg" in sample]
CODECS: list[tuple[str, Serializer]] = [
    ("json", SERIALIZERS["json"]),
    ("msgpack", SERIALIZERS["msgpack"]),
    ("msgpack", MsgpackSerializer(has_extension=False)),
    ("cbor", SERIALIZERS["cbor"]),
]
CODEC_IDS = ["json", "msgpack", "msgpack without C", "cbor"]
READERS = {"json": json.loads, "msgpack": msgpack.unpackb, "cbor": cbor2.loads}
WRITERS = {"json": lambda wire: json.dumps(wire).encode(), "msgpack": msgpack.packb,
           "cbor": cbor2.dumps}  # fmt: skip

# The vectors name these two after autobahn's classes.
_RENAMED = {"subscription": "subscription_id", "publication": "publication_id"}


def name_of(sample: dict[str, Any]) -> str:
    return f"{sample['file']}: {sample['description']}"


def expected_message(attributes: dict[str, Any]) -> Message:
    """Build the message a serialization sample describes."""
    kind = MESSAGE_BY_TYPE[attributes["message_type"]]
    given = {_RENAMED.get(name, name): value for name, value in attributes.items()}
    if "roles" in given:
        given["details"] = {"roles": given["roles"]}
    if given.get("payload") is not None:
        given["payload"] = Payload.sealed(bytes.fromhex(given["payload"]))
    else:
        given["payload"] = Payload(given.get("args") or (), given.get("kwargs"))
    names = [field.name for field in fields(kind)]
    return kind(**{name: given[name] for name in names if name in given})


def test_all_samples_are_there() -> None:
    assert len(SAMPLES) == 102
    assert (len(BYTES), len(RULES)) == (35, 67)


@pytest.mark.parametrize("codec", CODECS, ids=CODEC_IDS)
@pytest.mark.parametrize("sample", BYTES, ids=name_of)
def test_every_encoding_of_a_sample_decodes_to_its_message(
    sample: dict[str, Any], codec: tuple[str, Serializer]
) -> None:
    name, serializer = codec
    message = expected_message(sample["expected_attributes"])
    encodings = [bytes.fromhex(variant["bytes_hex"]) for variant in sample["serializers"][name]]

    assert encodings
    assert [serializer.decode(encoding) for encoding in encodings] == [message] * len(encodings)
    check_options(message)


@pytest.mark.parametrize("codec", CODECS, ids=CODEC_IDS)
@pytest.mark.parametrize("sample", BYTES, ids=name_of)
def test_the_message_of_a_sample_encodes_to_one_of_its_encodings(
    sample: dict[str, Any], codec: tuple[str, Serializer]
) -> None:
    """The order of options is free; where a sample has another one, the values are compared."""
    name, serializer = codec
    encodings = [bytes.fromhex(variant["bytes_hex"]) for variant in sample["serializers"][name]]

    encoded = serializer.encode(expected_message(sample["expected_attributes"]))

    read: Callable[[bytes], Any] = READERS[name]
    assert encoded in encodings or read(encoded) in [read(encoding) for encoding in encodings]
    assert len(encoded) in [len(encoding) for encoding in encodings]


@pytest.mark.parametrize("codec", CODECS, ids=CODEC_IDS)
@pytest.mark.parametrize("sample", RULES, ids=name_of)
def test_options_are_judged_as_the_samples_say(
    sample: dict[str, Any], codec: tuple[str, Serializer]
) -> None:
    """The message itself is well-formed; whoever acts on its options checks them."""
    name, serializer = codec
    wire = sample["wmsg"]
    data = WRITERS[name](wire)
    message = serializer.decode(data)
    expected_error = sample.get("expected_error")

    assert message == from_wire(wire)
    if expected_error is None:
        check_options(message)
    else:
        assert expected_error["type"] == "protocol_violation"
        with pytest.raises(RemoteProtocolError, match=expected_error["contains"]):
            check_options(message)
