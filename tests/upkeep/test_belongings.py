"""What belongs to an instance: what its settings and sources name, and what of that is secret."""

from pathlib import Path

from webapp.config import read_settings
from webapp.upkeep.belongings import belongings

SETTINGS = """[sign_in]
local = true
secret_file = "secrets/sign-in"
[server]
certificate = "server.pem"
key = "server.key"
[backup]
folder = "backups"
"""
SOURCES = """[[source]]
institution = 185
protocol = "elmo-pull"
url = "https://resultater.example.no"
secret_file = "{outside}"
[source.client_certificate]
certificate = "client.pem"
key = "client.key"
[[source]]
institution = 186
protocol = "file"
folder = "delivered"
certificates = "lacking.pem"
"""


def test_files_are_open_secret_or_elsewhere(tmp_path: Path) -> None:
    instance, outside = tmp_path / "instance", tmp_path / "outside"
    for folder in ("secrets", "delivered", "backups"):
        (instance / folder).mkdir(parents=True)
    names = ("secrets/sign-in", "server.pem", "server.key", "client.pem", "client.key", "delivered/1.xml", "stray.txt")
    for path in (*(instance / name for name in names), outside):
        path.write_text("x")
    (instance / "settings.toml").write_text(SETTINGS)
    (instance / "sources.toml").write_text(SOURCES.format(outside=outside))
    found = belongings(read_settings(instance, {}))
    assert found.open == ("client.pem", "server.pem", "settings.toml", "sources.toml")
    assert found.secret == ("client.key", "secrets/sign-in", "server.key")
    assert found.outside == (str(outside),)
