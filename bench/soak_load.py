"""What goes on in a busy instance: caseworkers at their screens, and what a day brings."""

import html
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import requests

from webapp.accounts import passwords
from webapp.accounts.sealing import sealer_of
from webapp.accounts.second_factor import NO_STEP, new_secret
from webapp.demo import demo_people
from webapp.house import open_house
from webapp.identity import parse
from webapp.model import Account, ImportState, IntakeKind, Role, UserKind
from webapp.store import Store, accounts, imports, people, users

PASSWORD = "riktig hest batteri"
#: A code lets its user in once; the next one comes after so many seconds.
CODE_SECONDS = 30
#: Between two things that a caseworker does.
THINK_SECONDS = 0.5
#: An order is followed for so many polls.
POLLS, POLL_SECONDS = 6, 0.5
PAGES = (
    "/", "/people/{person}", "/people/{person}/orders", "/people/{person}/changes", "/applications", "/changes",
    "/log", "/cases", "/jobs", "/jobs/history", "/sources", "/imports", "/privacy/retention", "/trace", "/users",
    "/preferences",
)  # fmt: skip
FILES = (
    "/applications.csv", "/applications.xlsx", "/changes.csv", "/log.csv", "/people/{person}/file.json",
    "/people/{person}/file.zip", "/people/{person}/looks.csv",
)  # fmt: skip


@dataclass
class Told:
    """What was done, and what went wrong."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, answer: requests.Response, *also_right: int) -> None:
        """Count an answer."""
        if answer.ok or answer.status_code in also_right:
            self.done[what] += 1
        else:
            where = re.sub(r"\d+", "N", answer.url.partition("//")[2].partition("/")[2])
            self.wrong[f"{what}: {answer.status_code} of /{where}"] += 1


def add_user(instance: Path, name: str) -> str:
    """Add a local user with all roles; returns the secret of their one-time codes."""
    house, secret = open_house(instance), new_secret()
    sealed = sealer_of(house.settings).seal(secret)
    with house.store.write() as db:
        user_id = users.add(db, name, list(Role), UserKind.LOCAL, "soak", house.clock())
        accounts.keep(db, Account(user_id, passwords.hashed(PASSWORD), sealed, NO_STEP), house.clock())
    house.close()
    house.store.close()
    return secret


class Browser(requests.Session):
    """Somebody's browser on one of our own pages, signed in when need be."""

    def __init__(self, base: str, name: str, secret: str, told: Told) -> None:
        super().__init__()
        self.base, self.name, self.told = base, name, told
        self._codes = pyotp.TOTP(secret)
        self.headers["Sec-Fetch-Site"] = "same-origin"

    def sign_in(self, over: threading.Event) -> None:
        """Sign in with the code of the moment, or the next one where that has been used."""
        while not over.is_set():
            typed = {"name": self.name, "password": PASSWORD, "code": self._codes.now()}
            answer = self.post(f"{self.base}/sign-in", data=typed, timeout=60)
            self.told.add("sign-ins", answer, 422)
            if answer.ok:
                return
            # Tried again and again with a code that is used up, it would be shut out.
            over.wait(CODE_SECONDS - time.time() % CODE_SECONDS)

    def sign_out(self) -> None:
        """Sign out."""
        self.told.add("sign-outs", self.post(f"{self.base}/sign-out", timeout=60))

    def look(self, what: str, path: str) -> requests.Response:
        """Get something, and read it to its end."""
        answer = self.get(f"{self.base}{path}", timeout=60)
        self.told.add(what, answer)
        return answer

    def press(self, person: int, over: threading.Event) -> None:
        """Fetch external education, follow how it goes, and take the evidence out."""
        typed = {"purpose": "recognition", "reason": "Ringte og spurte"}
        answer = self.post(f"{self.base}/people/{person}/orders", data=typed, timeout=60)
        # A second one while the first is under way is refused.
        self.told.add("orders", answer, 422)
        text = answer.text
        for _ in range(POLLS):
            asks = re.search(r'hx-get="\s*([^"]+/news[^"]*)"', text)
            if asks is None or over.wait(POLL_SECONDS):
                break
            text = self.look("polls", html.unescape(asks[1]).strip()).text
        order = re.search(r"/orders/(\d+)", text)
        if order:
            self.look("PDFs", f"/people/{person}/orders/{order[1]}/evidence.pdf")


def work(browser: Browser, count: int, seed: int, over: threading.Event) -> None:
    """A caseworker's days, until it is over: some of everything, about the first `count` people."""
    chance = random.Random(seed)
    known = demo_people(count=count)
    while not over.is_set():
        browser.sign_in(over)
        ends = time.monotonic() + CODE_SECONDS
        while time.monotonic() < ends and not over.is_set():
            person, dice = chance.randrange(1, count + 1), chance.random()
            try:
                if dice < 0.25:
                    browser.press(person, over)
                elif dice < 0.35:
                    browser.look("files", chance.choice(FILES).format(person=person))
                elif dice < 0.45:
                    name = {"wanted": known[person - 1].family_name}
                    browser.told.add("searches", browser.post(f"{browser.base}/search", data=name, timeout=60))
                else:
                    browser.look("pages", chance.choice(PAGES).format(person=person))
            except requests.RequestException as error:
                browser.told.wrong[type(error).__name__] += 1
            over.wait(THINK_SECONDS)
        browser.sign_out()


@dataclass
class Day:
    """What happens once a day, at its hour; the same each day."""

    browser: Browser
    instance: Path
    count: int
    #: Stop and let go on the process that plays the sources.
    halt_sources: Callable[[bool], None]
    told: Told
    #: Run a command of `eksternstudium` to its end; returns its status.
    run: Callable[[list[str]], int]

    def pass_by(self, seconds: float, over: threading.Event) -> None:
        """Let a day pass that is so long."""
        if not self.browser.cookies:
            self.browser.sign_in(over)
        happenings = (
            self.crowd, self.full_run, self.file, self.sources_go, self.delta_run, self.sources_are_changed,
            self.erasure, self.run_by_hand, self.file, self.old_things, self.backup,
        )  # fmt: skip
        ends = time.monotonic() + seconds
        for place, happen in enumerate(happenings, 1):
            if over.is_set():
                return
            try:
                happen()
            except requests.RequestException as error:
                self.told.wrong[type(error).__name__] += 1
            over.wait(max(0.0, ends - seconds * (1 - place / len(happenings)) - time.monotonic()))

    def crowd(self) -> None:
        """Four people at once, so that all threads that ask have been there from the first day on."""
        typed = {"purpose": "recognition", "reason": "Ringte og spurte"}
        for person in range(1, 5):
            address = f"{self.browser.base}/people/{person}/orders"
            self.told.add("orders", self.browser.post(address, data=typed, timeout=60), 422)

    def full_run(self) -> None:
        self._force("full")

    def delta_run(self) -> None:
        self._force("delta")

    def _force(self, kind: str) -> None:
        """By the screens, whose child carries it out. One that still goes on is no fault."""
        typed = {"kind": kind, "admission": ""}
        answer = self.browser.post(f"{self.browser.base}/jobs/force/confirm", data=typed, timeout=60)
        self.told.add(f"{kind} runs", answer, 422)

    def run_by_hand(self) -> None:
        """From a terminal, judged at another evening; refused while the screens' child carries one out."""
        at = datetime.now(UTC) - timedelta(days=random.randrange(1, 20))
        self._from_terminal("run", "delta", "--at", at.isoformat(timespec="minutes"), "--json")

    def file(self) -> None:
        """The applications that are known already."""
        admission = f"{datetime.now(UTC).year + 1}-HØST-NOM"
        everybody = enumerate(demo_people(count=self.count), 1)
        lines = [f"NOM{n:06};{each.number};{each.family_name};{each.given_names};{admission}" for n, each in everybody]
        content = "\n".join(["sokernummer;fodselsnummer;etternavn;fornavn;opptak", *lines]).encode()
        sent = {"file": ("søkere.csv", content)}
        address = f"{self.browser.base}/imports"
        self.told.add("imports", self.browser.post(address, data={"kind": "applications"}, files=sent, timeout=60))

    def sources_go(self) -> None:
        """All sources hang for a while."""
        self.halt_sources(True)
        time.sleep(3)
        self.halt_sources(False)
        self.told.done["times that sources hung"] += 1

    def sources_are_changed(self) -> None:
        """One is taken out of sources.toml, or comes back."""
        file, kept = self.instance / "sources.toml", self.instance / "sources.all"
        whole = kept.read_text() if kept.exists() else file.read_text()
        kept.write_text(whole)
        is_whole = file.read_text() == whole
        new = file.with_suffix(".new")
        new.write_text(whole.rpartition("[[source]]")[0] if is_whole else whole)
        new.rename(file)
        self.told.done["changes of sources"] += 1

    def erasure(self) -> None:
        """Somebody is registered, and erased."""
        number = demo_people(count=self.count + 1)[-1].number
        store = Store(self.instance / "eksternstudium.sqlite")
        with store.write() as db:
            person_id = people.register(db, [parse(number)], "Kari", "Nordmann", datetime.now(UTC))
        store.close()
        typed = {"sure": "1", "reason": "Ba om det"}
        address = f"{self.browser.base}/people/{person_id}/erase"
        self.told.add("erasures", self.browser.post(address, data=typed, timeout=60))

    def old_things(self) -> None:
        """Something that the next purge takes, after which the file is written anew."""
        store, long_ago = Store(self.instance / "eksternstudium.sqlite"), datetime.now(UTC) - timedelta(days=3650)
        with store.write() as db:
            old = imports.begin(db, IntakeKind.APPLICATIONS, "gammel.csv", False, "soak", long_ago)
            imports.finish(db, old, ImportState.DONE, None, long_ago)
        store.close()

    def backup(self) -> None:
        """One beside the others, which are few in ten minutes."""
        self._from_terminal("backup", str(self.instance / "backups"))

    def _from_terminal(self, *arguments: str) -> None:
        status = self.run(list(arguments))
        # Refused, while another process carries a run out.
        counted = self.told.done if status in (0, 2) else self.told.wrong
        counted[f"{arguments[0]} from a terminal{', refused' * (status == 2)}"] += 1
