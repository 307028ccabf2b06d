"""Series: what is said of points, and that holes are holes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.fleet.series import Series
from rdsops.testing.fleets import instance, series

SUBJECT = instance().ref


def of(*values: float | None) -> Series:
    return series(SUBJECT, "CPUUtilization", values)


def test_holes_are_no_points() -> None:
    holed = of(None, 1.0, None, 3.0)
    assert holed.present == (1.0, 3.0)
    assert holed.coverage_ratio == 0.5
    assert (holed.lowest, holed.mean, holed.highest, holed.latest) == (1.0, 2.0, 3.0, 3.0)


def test_a_percentile_is_a_point_that_was_measured() -> None:
    hundred = of(*(float(value) for value in range(100, 0, -1)))
    assert [hundred.percentile(share) for share in (0.0, 0.5, 0.95, 1.0)] == [1.0, 50.0, 95.0, 100.0]


@given(st.floats(-50, 50), st.floats(-1000, 1000), st.lists(st.booleans(), min_size=12, max_size=60))
def test_the_trend_of_a_line_is_its_slope_whatever_is_missing(slope: float, level: float, seen: list[bool]) -> None:
    step = of(0.0).period_s / 86400
    line = of(*(level + slope * place * step if there else None for place, there in enumerate(seen)))
    if sum(seen) < 3:
        assert line.slope_per_day() is None
    else:
        assert line.slope_per_day() == pytest.approx(slope, abs=1e-6)
