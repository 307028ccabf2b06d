"""The lab's own RDS control plane: its state, its describe side and the creates that fill it."""
