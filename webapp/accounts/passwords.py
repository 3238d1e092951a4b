"""Passwords: which are let pass, and their Argon2id hashes."""

import re
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.errors import Refusal

#: NIST SP 800-63B: length counts, composition rules do not.
LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200
#: What very common passwords are made of, beside digits and signs (the top of the lists that leak, and ours).
_COMMON = """
password passord pass qwerty qwertyuiop qwertyuiopå asdfghjkl zxcvbnm qazwsxedc abc abcd abcdef abcdefghijkl admin
administrator velkommen welcome letmein iloveyou login logginn bruker user test hemmelig secret sommer vinter høst vår
summer winter norge oslo bergen trondheim norway eksternstudium felles studentsystem fs sikt feide
"""
COMMON_WORDS = frozenset(_COMMON.split())
_FEWEST_DIFFERENT = 5
#: The parameters of RFC 9106 for little memory: 64 MiB for each. Two at a time, or a crowd takes all of it.
HASHER = PasswordHasher()
_turns = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """The hash of a password, with its parameters."""
    with _turns:
        return HASHER.hash(_plain(password))


def holds(password_hash: str | None, password: str) -> bool:
    """Whether a password is that of the hash. Without a hash it is not, and takes as long to find out."""
    with _turns:
        try:
            HASHER.verify(password_hash or _nobodys(), _plain(password)[:MOST_CHARACTERS])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


def check(password: str, name: str) -> None:
    """Raises Refusal for a password that is too short, or that somebody would try first for the user of this name."""
    plain = _plain(password)
    if len(plain) < LEAST_CHARACTERS:
        raise Refusal(
            "Passordet må ha minst %(least)d tegn. Flere ord etter hverandre er lette å huske.", least=LEAST_CHARACTERS
        )
    if len(plain) > MOST_CHARACTERS:
        raise Refusal("Passordet kan ha høyst %(most)d tegn.", most=MOST_CHARACTERS)
    folded = plain.casefold()
    rest = folded.replace(name.casefold(), "")
    words = re.findall(r"[^\W\d_]+", rest)
    if len(rest) < LEAST_CHARACTERS // 2 or len(set(rest)) < _FEWEST_DIFFERENT or _is_common(words, rest):
        raise Refusal("Passordet er for lett å gjette. Velg noe som ikke ligner på navnet eller på vanlige passord.")


def _is_common(words: list[str], rest: str) -> bool:
    """Made of common words and figures alone, however often."""
    if not words:
        return len(rest) < 2 * LEAST_CHARACTERS  # figures and signs in a row
    once = (re.sub(r"^(.+?)\1+$", r"\1", word) for word in words)
    return all(word in COMMON_WORDS for word in once)


def _plain(password: str) -> str:
    """However a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody")
