"""What the commands of the documentation need to be run: words that stand for something, and what a page begins from.

The one place for it. A new page whose commands need nothing but an instance with the demo network needs no line here.
"""

from datetime import UTC, datetime, timedelta

from webapp.demo import DEMO_PERSON
from world import KARI_NUMBER, OLA_NUMBER

#: What somebody else must do, or another machine: blocks of them are `console`, and their commands of ours are checked
#: for their options alone.
OUTSIDE = frozenset(
    {
        *("age", "apt", "apt-get", "crontab", "dask", "docker", "groupadd", "install", "journalctl", "pip", "podman"),
        *("promtool", "scp", "ssh", "systemctl", "systemd-analyze", "useradd"),
    }
)

#: Pages, and commands of other pages, that a test of their own runs.
PAGES_TRIED_ELSEWHERE = {"docs/install.md": "tests/test_install.py"}
TRIED_ELSEWHERE = {"demo": "tests/test_release.py"}

#: Words in commands, and what is put in their place: a key ends some day, whenever the test is run.
WORDS = {
    "NUMBER": DEMO_PERSON.number,
    "NAME": "kberg",
    "01859712345": KARI_NUMBER,
    "03859812345": DEMO_PERSON.number,
    "2027-06-30": f"{datetime.now(UTC) + timedelta(days=200):%F}",
}
#: Ports in commands; each page gets free ones in their place.
PORTS = ("443", "8000", "8001", "8185", "8443")

#: Files of admissions and applicants, and a person's number for standard input.
_FILES = f"""
echo {KARI_NUMBER} > number.txt
echo 'opptak;navn;saksbehandlingsfase;frist
2027-HØST-NOM;Samordna opptak 2027;J;2027-04-15' > opptak.csv
echo 'sokernummer;fodselsnummer;etternavn;fornavn;opptak;samtykke_gitt
27001;{DEMO_PERSON.number};Hætta;Solveig Marie;2027-HØST-NOM;2026-11-01T12:00
27002;{OLA_NUMBER};Nordmann;Ola;2027-HØST-NOM;' > søknader.csv
"""
_APPLICANTS = f"""{_FILES}
eksternstudium admissions import opptak.csv
eksternstudium applicants import søknader.csv
"""
_CERTIFICATE = """
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem
"""

#: What a page takes for granted, in bash, in its own folder with an instance of the demo network.
PREPARED = {
    "README.md": _FILES,
    # The person's own order, then the run's, then a row by hand and a case.
    "docs/api.md": f"""{_APPLICANTS}
        eksternstudium fetch {DEMO_PERSON.number} --purpose recognition --reason "Ringte"
        eksternstudium run full
        eksternstudium serve --port 8000
        API=http://127.0.0.1:8000/api
        JSON='Content-Type: application/json'
        first() {{ python3 -c 'import json, sys; print(next(each["fetch_id"] for each in json.load(sys.stdin)["lines"]
            if each["state"] == "mismatch"))'; }}
        ASIDE=$(curl $API/orders/1 | first)
        IN_RUN=$(curl "$API/orders/2?person_id=1" | first)
        BY_HAND=$(curl $API/people/1/studies/185/results -H "$JSON" -d '{{"category": "EMNE", "name": {{"nb": "X"}}}}' |
            python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
        curl $API/cases -H "$JSON" -d '{{"person_id": 1, "type": "INNPASS", "status": "BEHANDLES",
            "applied_on": "2026-11-20"}}'
    """,
    "docs/files.md": _FILES,
    "docs/monitoring.md": "eksternstudium serve --port 8000\n",
    "docs/network.md": f"""{_FILES}
        printf '[[source]]\ninstitution = 9012\nname = "Ny skole"\nprotocol = "file"\n' > kilder.toml
    """,
    "docs/new-language.md": 'ln -s "$VENV" .venv; cp -r "$ROOT"/{babel.toml,templates,webapp} .\n',
    "docs/protocol.md": f"""{_FILES}{_CERTIFICATE}
        mkdir transcripts
        cp transcript.xml transcripts/
        cp cert.pem uit.pem
        printf 'asks_for = ["token"]\ncertificate = "cert.pem"\nkey = "key.pem"\n' > askers.toml
    """,
    "docs/runs.md": _APPLICANTS,
    "docs/testing.md": 'ln -s "$VENV" .venv; ln -s "$ROOT"/{pyproject.toml,tests,tools,webapp} .\n',
    "docs/sign-in.md": f"""{_CERTIFICATE}
        cp cert.pem key.pem instance/
        sed -i '1i address = "https://localhost"' instance/settings.toml
        printf '[server]\ncertificate = "cert.pem"\nkey = "key.pem"\n' >> instance/settings.toml
        printf '[sign_in]\nlocal = true\nsecret_file = "sign-in-secret"\n' >> instance/settings.toml
    """,
}

#: The file that a block of a language shows, where commands of the page take it.
FILES = {"xml": "transcript.xml"}

#: Numbers that stand for others on a page.
NUMBERS = {
    "docs/api.md": {
        "fetches/7": "fetches/$ASIDE",
        "fetches/70": "fetches/$IN_RUN",
        "orders/9": "orders/2",
        "results/17": "results/$BY_HAND",
        "runs/3": "runs/1",
    },
}

#: What on a page is refused, by curl or by a command of ours with status 1, as a pattern of the call: on purpose, or
#: because the instance is what it is.
REFUSED = {
    "docs/check.md": "eksternstudium check",  # a source is dead, and no screens are there
    "docs/api.md": "27001/finish",  # something came after that day
    "docs/protocol.md": r'\["1"\]',
}
