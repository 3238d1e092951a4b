"""Privacy: how long people are kept, what is kept about one, and erasure."""
