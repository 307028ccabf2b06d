"""The lab's own CloudWatch: a metric store, the operations over it, and a history that is generated and says so."""
