from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.wamp.auth_proofs import CertificateProof
from wampedge.wamp.evidence import PeerCertificate

SHOWN = PeerCertificate("ab" * 32, "panel")


@pytest.mark.parametrize(
    "proof",
    [
        CertificateProof("ab" * 32),
        CertificateProof(common_name="panel"),
        CertificateProof("ab" * 32, "panel"),
    ],
)
def test_a_certificate_fits_by_fingerprint_or_name(proof: CertificateProof) -> None:
    assert proof.method == "tls"
    assert proof.fits(SHOWN)


@pytest.mark.parametrize(
    "proof",
    [
        CertificateProof("cd" * 32),
        CertificateProof(common_name="Panel"),
        CertificateProof("cd" * 32, "panel"),
        CertificateProof("ab" * 32, "pump"),
    ],
)
def test_all_that_is_given_has_to_fit(proof: CertificateProof) -> None:
    assert not proof.fits(SHOWN)


def test_a_certificate_without_name_fits_no_name() -> None:
    assert not CertificateProof(common_name="panel").fits(PeerCertificate("ab" * 32))


def test_something_has_to_be_given() -> None:
    with pytest.raises(ConfigError, match="needs a fingerprint or a common name"):
        CertificateProof()
