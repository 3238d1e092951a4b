"""What keeps an instance well: looking it over, backups, and bringing them back."""
