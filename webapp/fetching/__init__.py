"""What the product is for: an order asks about a person, its fetches ask the sources, answers are merged."""
