"""Eksternstudium fetches what a person has passed at other Norwegian institutions."""
