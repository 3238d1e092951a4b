"""ELMO, the format in which institutions exchange results."""

from webapp.sources.elmo.reading import read

__all__ = ["read"]
