"""How long a snapshot of 10,000 instances takes to write and to read: python -m benchmarks.codec [COUNT]"""

from __future__ import annotations

import sys
import time

from rdsops.fleet.codec import decode, encode
from rdsops.fleet.fleet import Fleet
from rdsops.testing.fleets import fleet_of, group, instance, series, snapshot


def fleet(count: int) -> Fleet:
    """Instances with tags, a snapshot and three weekly series each."""
    names = [f"db-{number:05}" for number in range(count)]
    instances = [instance(name) for name in names]
    metrics = ("CPUUtilization", "DatabaseConnections", "FreeableMemory")
    return fleet_of(
        *instances,
        *(snapshot(f"manual-{name}", name) for name in names),
        *(series(each.ref, metric, 12.5) for each in instances for metric in metrics),
        group(work_mem="65536"),
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    made = fleet(count)
    bare = fleet_of(*(each for each in made.regions[0].instances.items))
    for name, one in (("instances", bare), ("instances, snapshots, 3 series each", made)):
        began = time.perf_counter()
        plain = encode(one)
        wrote = time.perf_counter()
        read = decode(plain)
        done = time.perf_counter()
        packed = encode(one, compressed=True)
        squeezed = time.perf_counter()
        assert read == one
        print(
            f"{count} {name}: {len(plain) / 1e6:.0f} MB, encode {wrote - began:.2f} s, decode {done - wrote:.2f} s; "
            f"gzip {len(packed) / 1e6:.1f} MB, encode {squeezed - done:.2f} s"
        )


if __name__ == "__main__":
    main()
