from wampedge.runtime.wear_rate import WearRate


def test_no_rate_is_told_in_the_first_ten_minutes() -> None:
    rate = WearRate(100.0)

    assert rate.take(1_000, 699.0) is None
    assert rate.take(1_000, 700.0) == 144_000  # 144 times 10 minutes make a day


def test_after_a_day_only_the_last_one_counts() -> None:
    rate = WearRate(0.0)
    for hour in range(1, 25):
        rate.take(1_000_000, hour * 3_600.0)  # all in the first hour, nothing after it

    assert rate.take(1_000_000, 25 * 3_600.0) == 0


def test_a_card_that_is_written_evenly_has_the_same_rate_all_the_time() -> None:
    rate = WearRate(0.0)

    rates = {rate.take(10 * hour, hour * 3_600.0) for hour in range(1, 100)}

    assert rates == {240}
