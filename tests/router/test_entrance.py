"""The ways into a realm that ask nothing, and what wrong proofs cost; users are in test_users."""

from __future__ import annotations

import pytest

from tests.router.guests import come, hello, site_of
from tests.router.site import Peer, Site
from wampedge.router import RealmSettings, SessionState, User
from wampedge.wamp import ed25519
from wampedge.wamp.auth import CryptosignAuthenticator, ScramAuthenticator, sign_ticket
from wampedge.wamp.auth_proofs import CertificateProof, CryptosignProof, ScramProof, TicketProof
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence, PeerCertificate
from wampedge.wamp.messages import Abort, Authenticate, Challenge, Hello, Welcome
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

SEED = bytes(range(32))
KEY = ed25519.public_key(SEED)
SECRET = ScramSecret.of("pencil", Kdf("pbkdf2", bytes(16), 4096))
USERS = (
    User("tom", "gardener", TicketProof("tomato")),
    User("sue", "operator", ScramProof(SECRET)),
    User("joe", "operator", CryptosignProof(frozenset({KEY}))),
    User("panel", "viewer", CertificateProof(common_name="panel")),
    User("pump", "pumper", CertificateProof("ab" * 32)),
)
EDGE = RealmSettings("edge", users=USERS)
FAILED = "wamp.error.authentication_failed"
NO_METHOD = "wamp.error.no_matching_auth_method"
PANEL = Evidence(PeerCertificate("cd" * 32, "panel"))
PUMP = Evidence(PeerCertificate("ab" * 32, "anything"))


def fail(site: Site, times: int, *, authid: str = "tom", host: str = "10.0.0.7") -> None:
    for _ in range(times):
        peer = come(site, f"tcp:{host}:5000")
        peer.ask(hello("ticket", authid=authid))
        assert peer.aborted(Authenticate("wrong", {})) == FAILED


def guessed_from_everywhere(site: Site) -> None:
    for number in range(30):
        site.router._porter.lockouts.failed("tom", f"tcp:10.0.1.{number}")


def scram_hello(peer: Peer, authid: str, password: str) -> tuple[object, object]:
    session = ScramAuthenticator(password, bytes).begin(authid, NO_EVIDENCE)
    challenge = peer.ask(hello("wamp-scram", authid=authid, **session.authextra))
    answer = peer.ask(session.authenticate(challenge))
    if isinstance(answer, Welcome):
        session.check_welcome(answer.details)
    return challenge, answer


@pytest.mark.parametrize("methods", [("ticket",), ("wamp-scram",), ("anonymous",), ()])
def test_a_name_that_is_longer_than_any_is_nobody(methods: tuple[str, ...]) -> None:
    """SCRAM looks at each character: 64 KiB of them took the loop for 0.3 s, before any proof."""
    site = site_of(EDGE)

    assert come(site).aborted(hello(*methods, authid="x" * 257)) == FAILED
    assert isinstance(come(site).ask(hello("ticket", authid="x" * 256)), Challenge)


def test_a_method_counts_once_however_often_it_is_offered() -> None:
    challenge = come(site_of(EDGE)).ask(hello(*["tls", "ticket"] * 5_000, authid="tom"))

    assert isinstance(challenge, Challenge)


def test_scram_proves_both_sides() -> None:
    """Specification, "SCRAM", Final Server Authentication Message - Success."""
    challenge, welcome = scram_hello(come(site_of(EDGE)), "sue", "pencil")

    assert isinstance(challenge, Challenge)
    assert isinstance(welcome, Welcome)
    assert welcome.details["authmethod"] == "wamp-scram"
    assert welcome.details["authextra"].keys() == {"verifier"}


@pytest.mark.parametrize("authid", ["sue", "nobody"])
def test_a_wrong_password_of_scram_is_like_an_unknown_name(authid: str) -> None:
    challenge, abort = scram_hello(come(site_of(EDGE)), authid, "pen")

    assert isinstance(challenge, Challenge)
    assert challenge.extra["kdf"] == "pbkdf2"
    assert challenge.extra["iterations"] == 4096
    assert isinstance(abort, Abort)
    assert abort.details == {"message": "this user does not exist, or the proof is wrong"}


@pytest.mark.parametrize("authid", ["sue", "nobody"])
def test_what_hello_lacks_is_told_to_known_and_unknown_alike(authid: str) -> None:
    abort = come(site_of(EDGE)).ask(hello("wamp-scram", authid=authid))

    assert abort == Abort({"message": "authextra of SCRAM needs a nonce, in base64"}, FAILED)


@pytest.mark.parametrize("authid", ["joe", None, "", " "])
def test_a_public_key_names_its_owner_where_hello_does_not(authid: str | None) -> None:
    """Specification, "Cryptosign", Client Authentication: ``authid`` MAY be provided."""
    peer = come(site_of(EDGE))
    challenge = peer.ask(hello("cryptosign", authid=authid, pubkey=KEY.hex()))

    welcome = peer.ask(CryptosignAuthenticator(SEED).authenticate(challenge))

    assert isinstance(welcome, Welcome)
    assert welcome.details["authid"] == "joe"
    assert welcome.details["authmethod"] == "cryptosign"


def test_a_strange_key_is_asked_and_refused_like_any() -> None:
    strange = CryptosignAuthenticator(bytes(32))
    peer = come(site_of(EDGE))

    challenge = peer.ask(hello("cryptosign", **strange.authextra))

    assert peer.aborted(strange.authenticate(challenge)) == FAILED


def test_a_key_does_not_open_another_name() -> None:
    peer = come(site_of(EDGE))
    challenge = peer.ask(hello("cryptosign", authid="tom", pubkey=KEY.hex()))

    assert peer.aborted(CryptosignAuthenticator(SEED).authenticate(challenge)) == FAILED


def test_of_two_owners_of_one_key_the_first_is_meant() -> None:
    users = (*USERS, User("jim", "viewer", CryptosignProof(frozenset({KEY}))))
    site = site_of(RealmSettings("edge", users=users))
    for authid, role in ((None, "operator"), ("jim", "viewer")):
        peer = come(site)
        challenge = peer.ask(hello("cryptosign", authid=authid, pubkey=KEY.hex()))
        welcome = peer.ask(CryptosignAuthenticator(SEED).authenticate(challenge))
        assert welcome.details["authrole"] == role


@pytest.mark.parametrize(
    ("evidence", "authid", "who"),
    [
        (PANEL, None, "panel"),
        (PANEL, "panel", "panel"),
        (PUMP, None, "pump"),
    ],
)
def test_a_certificate_is_proof_enough(evidence: Evidence, authid: str | None, who: str) -> None:
    welcome = come(site_of(EDGE), evidence=evidence).ask(hello("tls", authid=authid))

    assert isinstance(welcome, Welcome)
    assert welcome.details["authid"] == who
    assert welcome.details["authmethod"] == "tls"


@pytest.mark.parametrize(
    ("evidence", "authid"),
    [(PANEL, "pump"), (NO_EVIDENCE, "panel"), (Evidence(PeerCertificate("ee" * 32)), None)],
)
def test_a_certificate_that_does_not_fit_is_none(evidence: Evidence, authid: str | None) -> None:
    assert come(site_of(EDGE), evidence=evidence).aborted(hello("tls", authid=authid)) == NO_METHOD


def test_who_has_a_certificate_need_not_use_it() -> None:
    site = site_of(EDGE)
    peer = come(site, evidence=PANEL)
    assert isinstance(peer.ask(hello("ticket", authid="tom")), Challenge)

    other = come(site, evidence=Evidence(PeerCertificate("ee" * 32)))
    assert isinstance(other.ask(hello("tls", "ticket", authid="tom")), Challenge)


def test_nobody_is_asked_for_a_certificate_by_challenge() -> None:
    """A name known by its certificate alone is, to all others, like no name."""
    peer = come(site_of(EDGE))
    peer.ask(hello("ticket", authid="panel"))

    assert peer.aborted(sign_ticket("")) == FAILED


def test_three_wrong_proofs_lock_the_name_for_their_address_alone() -> None:
    site = site_of(EDGE)
    fail(site, 3)

    abort = come(site).ask(hello("ticket", authid="tom"))

    text = "too many wrong proofs; try again in 1 s"
    assert abort == Abort({"message": text}, FAILED)
    assert isinstance(come(site, "tcp:10.0.0.8:1").ask(hello("ticket", authid="tom")), Challenge)
    assert isinstance(come(site).ask(hello("ticket", authid="ann")), Challenge)
    site.wait(1.0)
    assert isinstance(come(site).ask(hello("ticket", authid="tom")), Challenge)


@pytest.mark.parametrize("authid", ["tom", "nobody"])
def test_invented_names_are_locked_like_real_ones(authid: str) -> None:
    site = site_of(EDGE)
    fail(site, 3, authid=authid)

    assert come(site).aborted(hello("ticket", authid=authid)) == FAILED


def test_a_right_proof_clears_the_count() -> None:
    site = site_of(EDGE)
    fail(site, 2)
    peer = come(site)
    peer.ask(hello("ticket", authid="tom"))
    peer.ask(sign_ticket("tomato"))
    fail(site, 2)

    assert isinstance(come(site).ask(hello("ticket", authid="tom")), Challenge)


def test_guessing_from_everywhere_makes_the_owner_wait_and_nothing_else() -> None:
    site = site_of(EDGE)
    guessed_from_everywhere(site)
    owner = come(site, "tcp:10.0.0.9:1")

    owner.send(hello("ticket", authid="tom"))
    assert owner.session.state is SessionState.PROVING
    site.wait(1.9)
    assert owner.read() == []
    site.wait(0.1)

    assert owner.read_one() == Challenge("ticket", {})
    assert isinstance(owner.ask(sign_ticket("tomato")), Welcome)


def test_a_peer_that_waits_may_give_up_but_not_talk() -> None:
    site = site_of(EDGE)
    guessed_from_everywhere(site)
    gone, early = come(site), come(site)
    gone.send(hello("ticket", authid="tom"))
    early.send(hello("ticket", authid="tom"))

    gone.lose()
    reason = early.aborted(sign_ticket("tomato"))
    site.wait(2.0)

    assert reason == "wamp.error.protocol_violation"
    assert gone.read() == []
    assert early.read() == []


def test_who_offers_nothing_is_anonymous_still() -> None:
    """PEERS: autobahn-js and wampy send no authmethods."""
    welcome = come(site_of(EDGE), anonymous_role="local").ask(
        Hello("edge", {"roles": {"caller": {}}})
    )

    assert isinstance(welcome, Welcome)
    assert welcome.details["authmethod"] == "anonymous"
