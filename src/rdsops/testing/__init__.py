"""What our tests need, users' tests need: makers of healthy fleets, to be made ill one field at a time."""
