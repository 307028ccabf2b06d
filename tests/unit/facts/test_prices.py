"""Prices: what is read is there with its date, what is not read is not known, and a user's list wins."""

from datetime import date, timedelta

import msgspec
import pytest

from rdsops.app.facts import packaged_facts
from rdsops.core.errors import UsageError
from rdsops.facts.prices import OLD_AFTER_DAYS, instance_key, is_old, with_prices

FACTS = packaged_facts()


def document(*rows: dict[str, object]) -> bytes:
    return msgspec.json.encode({"rows": rows})


def row(**changes: object) -> dict[str, object]:
    return {
        "region": "eu-west-1",
        "key": "storage/gp3",
        "usd": 0.127,
        "unit": "GB-month",
        "source": "our price list",
        "as_of": "2026-11-01",
        **changes,
    }


def test_every_bundled_price_is_dated_sourced_and_above_zero() -> None:
    assert FACTS.prices
    for price in FACTS.prices.values():
        assert price.usd > 0
        assert price.source
        assert date(2026, 1, 1) <= price.as_of <= date(2026, 11, 23)


def test_no_instance_hour_is_bundled_and_no_region_borrows_from_another() -> None:
    assert not [price for price in FACTS.prices.values() if price.key.startswith("instance/")]
    assert FACTS.price("us-east-1", "storage/gp3") is not None
    assert FACTS.price("eu-west-1", "storage/gp3") is None


def test_a_price_is_old_from_the_ninety_first_day() -> None:
    price = FACTS.price("us-east-1", "storage/gp3")
    assert price is not None
    assert not is_old(price, price.as_of + timedelta(days=OLD_AFTER_DAYS))
    assert is_old(price, price.as_of + timedelta(days=OLD_AFTER_DAYS + 1))


def test_a_price_book_adds_and_overrides_rows() -> None:
    ours = with_prices(FACTS, document(row(), row(region="us-east-1", usd=0.1)))
    added, changed = ours.price("eu-west-1", "storage/gp3"), ours.price("us-east-1", "storage/gp3")
    assert added is not None
    assert changed is not None
    assert (added.usd, changed.usd) == (0.127, 0.1)
    assert ours.price("us-east-1", "storage/gp2") == FACTS.price("us-east-1", "storage/gp2")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (document(row(), row(usd=0.2)), "two prices"),
        (document(row(usd=-1)), "negative"),
        (b"[]", "cannot be read"),
        (document(row(as_of="yesterday")), "cannot be read"),
    ],
)
def test_a_price_book_that_contradicts_itself_is_refused(wrong: bytes, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        with_prices(FACTS, wrong)


def test_an_instance_hour_has_a_key_of_its_own_for_each_deployment() -> None:
    keys = {
        instance_key("postgres", "db.r7g.large"),
        instance_key("postgres", "db.r7g.large", multi_az=True),
        instance_key("postgres", "db.r7g.large", storage_type="aurora-iopt1"),
    }
    assert len(keys) == 3
