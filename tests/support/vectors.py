"""Test vectors that lie beside the repository; a test that wants them is skipped without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

__all__ = ["cryptosign_vectors"]

_FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors"


def cryptosign_vectors() -> list[dict[str, Any]]:
    """Return the signatures that the specification prints in "Cryptosign", Test Vectors."""
    path = _FOLDER / "cryptosign_spec_vectors.json"
    if not path.exists():
        pytest.skip(f"no cryptosign vectors at {path}")
    vectors: list[dict[str, Any]] = json.loads(path.read_bytes())["vectors"]
    return vectors
