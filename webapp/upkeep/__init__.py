"""What keeps an instance well."""
