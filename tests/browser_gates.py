"""Institutions that answer when a test lets them."""

from threading import Event

from webapp.model import Question, Reply
from world import NOTHING


class Gate:
    """An institution that answers when the test opens it."""

    def __init__(self, reply: Reply | Exception = NOTHING) -> None:
        self.reply, self.opened = reply, Event()

    def __call__(self, question: Question) -> Reply:
        assert self.opened.wait(30)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply
