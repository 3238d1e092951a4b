"""What keeps an instance well: backups, and bringing them back."""
