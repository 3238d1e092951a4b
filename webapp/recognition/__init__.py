"""Recognition cases: what a caseworker may write, and what the ticked results come to."""
