from __future__ import annotations

from tests.router.site import Site
from wampedge.router import RouterSession
from wampedge.router.subscription import Subscription


def subscription_of(*sessions: RouterSession, is_lasting: bool = False) -> Subscription:
    subscription = Subscription(
        1, policy="exact", topic="edge.t", created_s=0.0, is_lasting=is_lasting
    )
    for session in sessions:
        subscription.add(session)
    return subscription


def test_recipients_come_in_the_order_they_subscribed() -> None:
    site = Site()
    one, two = site.join().session, site.join().session

    assert subscription_of(two, one).recipients == (two, one)


def test_everybody_but_one_gets_what_that_one_publishes() -> None:
    """Specification, "Publisher Exclusion"."""
    site = Site()
    one, two, three, stranger = (site.join().session for _ in range(4))
    subscription = subscription_of(one, two, three)

    assert subscription.recipients_without(two) == (one, three)
    assert subscription.recipients_without(one) == (two, three)
    assert subscription.recipients_without(stranger) == (one, two, three)


def test_the_rest_is_worked_out_once_for_a_session_that_goes_on_publishing() -> None:
    site = Site()
    one, two = site.join().session, site.join().session
    subscription = subscription_of(one, two)

    assert subscription.recipients_without(one) is subscription.recipients_without(one)


def test_who_comes_or_goes_counts_at_once() -> None:
    site = Site()
    one, two, three = (site.join().session for _ in range(3))
    subscription = subscription_of(one, two)
    subscription.recipients_without(one)

    subscription.add(three)
    assert subscription.recipients_without(one) == (two, three)
    subscription.remove(two)
    assert subscription.recipients_without(one) == (three,)
    assert subscription.recipients == (one, three)


def test_a_subscription_is_over_with_its_last_subscriber_unless_it_lasts() -> None:
    session = Site().join().session
    both = [subscription_of(session), subscription_of(session, is_lasting=True)]
    assert [subscription.is_over for subscription in both] == [False, False]

    for subscription in both:
        subscription.remove(session)

    assert [subscription.is_over for subscription in both] == [True, False]
