"""Samplers of the lab's real engines: a look at the sessions each second, the metrics of AWS/RDS every few seconds."""
