"""What rdsops costs: calls, seconds and memory, measured side by side with a yardstick in the same run.

python -m benchmarks [NAME...] [--write]. Nothing here is a test: a figure is shown with its rounds, range and machine.
"""
