"""What commands leave in the trace."""

import getpass

from webapp.house import House
from webapp.model import Act, TraceEntry
from webapp.store import trace


def leave_trace(house: House, act: Act, command: str, *people: int, **content: str) -> None:
    """Leave an entry: who runs this did something with a command about these people."""
    with house.store.write() as db:
        trace.append(db, TraceEntry(house.clock(), getpass.getuser(), act, command, people, content))
