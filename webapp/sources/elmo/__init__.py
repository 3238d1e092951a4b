"""ELMO, the format in which institutions exchange results."""

from webapp.sources.elmo.digest import meaning_digest
from webapp.sources.elmo.envelope import unwrapped
from webapp.sources.elmo.findings import SENTENCES, FindingCode
from webapp.sources.elmo.pretty import pretty
from webapp.sources.elmo.reading import read
from webapp.sources.elmo.shape import transcript_json
from webapp.sources.elmo.writing import write

__all__ = ["SENTENCES", "FindingCode", "meaning_digest", "pretty", "read", "transcript_json", "unwrapped", "write"]
