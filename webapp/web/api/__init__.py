"""The JSON API: what a screen can do with data, a program can do here."""
