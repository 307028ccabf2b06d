"""The AWS door: the only place that imports boto3."""
