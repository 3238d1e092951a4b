"""Eksternstudium fetches what a person has passed at other Norwegian institutions."""

from webapp.web.factory import create_app

__all__ = ["create_app"]
