"""Which addresses are asked: whoever answers for a source's name must not lead us to what only we can reach."""

import socket
import sqlite3
from ipaddress import ip_network
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from proxy import Proxy
from webapp.checked_toml import TomlFile
from webapp.config import Settings, SettingsFile
from webapp.errors import Refusal, SourceError, SourceFailure
from webapp.model import Basis, Purpose, Question
from webapp.network_settings import Network
from webapp.source_settings import DatabaseSettings, ElmoPullSettings
from webapp.sources import addresses
from webapp.sources.addresses import ANYWHERE, AddressRefused, reachable
from webapp.sources.catalogue import open_source
from webapp.sources.http import DIRECT, WarmSession, Way
from world import KARI_NUMBER, UIO

NET_10 = (ip_network("10.0.0.0/8"),)


@pytest.fixture(autouse=True)
def only_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "OPEN", ())


def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """A name server that gives one answer after the other, and the last for ever; gives what it was asked about."""
    left, asked = list(answers), []

    def look_up(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        address = host
        if addresses.written_address(host) is None:
            asked.append(host)
            address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def failure_of(url: str, way: Way = DIRECT) -> SourceFailure:
    session = WarmSession(url, 2, attempts=1, way=way)
    try:
        session.get("/", "text/plain")
    except SourceError as error:
        return error.failure
    finally:
        session.close()
    raise AssertionError("it was asked")


@pytest.mark.parametrize("address", ["8.8.8.8", "129.240.118.130", "2001:700:100::1", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_asked(address: str) -> None:
    assert reachable([address], ()) == [address]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1"),
        *(
            "::1",
            "fd12::1",
            "::ffff:10.1.2.3",
            "::ffff:127.0.0.1",
            "64:ff9b::10.1.2.3",
            "2002:0a01:0203::1",
            "::10.1.2.3",
        ),
        *("2001:db8::1", "4000::1"),
    ],
)
def test_local_addresses_are_asked_only_where_a_setting_says_so(address: str) -> None:
    with pytest.raises(AddressRefused):
        reachable([address], ())
    assert reachable([address], ANYWHERE) == [address]


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.170.2", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("100.100.100.200", "168.63.129.16", "192.0.0.192", "fe80::1", "fe80::1%2", "fd00:ec2::254", "fd20:ce::254"),
        *(
            "ff02::1",
            "::",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "::169.254.169.254",
        ),
    ],
)
def test_no_setting_opens_metadata_link_local_or_group_addresses(address: str) -> None:
    with pytest.raises(AddressRefused):
        reachable([address], ANYWHERE)


def test_of_several_addresses_those_that_are_open_are_tried() -> None:
    assert reachable(["10.0.0.1", "169.254.169.254", "8.8.8.8"], ()) == ["8.8.8.8"]
    assert reachable(["10.0.0.1", "192.168.0.1"], NET_10) == ["10.0.0.1"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_way_of_writing_the_loopback_gets_to_it(httpserver: HTTPServer, host: str) -> None:
    httpserver.expect_request("/").respond_with_data("secret")
    assert failure_of(f"http://{host}:{httpserver.port}") is SourceFailure.NOT_REACHED
    assert httpserver.log == []


def test_a_setting_opens_the_loopback(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("hello")
    session = WarmSession(httpserver.url_for("/"), 2, way=Way(allowed=addresses.LOOPBACK))
    assert session.get("", "text/plain").body == b"hello"
    session.close()


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked, and the loopback a moment later, as in DNS rebinding."""
    tried: list[str] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("webapp.sources.deadline.create_connection", connect)
    asked = names(monkeypatch, "8.8.8.8", "127.0.0.1")
    assert failure_of("http://two-faced.example") is SourceFailure.UNREACHABLE
    assert (asked, tried) == (["two-faced.example"], ["8.8.8.8"])
    assert failure_of("http://two-faced.example") is SourceFailure.NOT_REACHED
    assert tried == ["8.8.8.8"]


def test_a_name_is_checked_anew_for_each_connection(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/").respond_with_data("hello", headers={"Connection": "close"})
    session = WarmSession(
        f"http://moving.example:{httpserver.port}", 2, attempts=1, way=Way(allowed=addresses.LOOPBACK)
    )
    names(monkeypatch, "127.0.0.1", "169.254.169.254")
    assert session.get("/", "text/plain").body == b"hello"
    with pytest.raises(SourceError) as refused:
        session.get("/", "text/plain")
    assert refused.value.failure is SourceFailure.NOT_REACHED
    session.close()


def test_a_redirect_to_the_metadata_is_not_followed(httpserver: HTTPServer) -> None:
    to = {"Location": "http://169.254.169.254/latest/meta-data/"}
    httpserver.expect_request("/").respond_with_data("", 302, to)
    assert failure_of(httpserver.url_for(""), Way(allowed=addresses.LOOPBACK)) is SourceFailure.REDIRECTED


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "0x7f000001", "[::1]"])
def test_the_proxy_may_be_near_but_is_not_told_to_go_near(host: str) -> None:
    with Proxy() as proxy:
        assert failure_of(f"http://{host}/", Way(proxy.url)) is SourceFailure.NOT_REACHED
        assert failure_of(f"https://{host}/", Way(proxy.url)) is SourceFailure.NOT_REACHED


def settings_in(folder: Path, *allowed: str) -> Settings:
    network = Network(allowed_networks=allowed)  # type: ignore[arg-type]
    return Settings(instance=folder, settings=SettingsFile(test_instance=True, network=network))


@pytest.mark.parametrize("url", ["postgresql://reader@{}/fs", "postgresql+psycopg://reader@/fs?host={}"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1"])
def test_a_database_is_not_looked_for_on_the_inside(tmp_path: Path, url: str, host: str) -> None:
    source = open_source(DatabaseSettings(institution=UIO, url=url.format(host)), settings_in(tmp_path), attempts=1)
    with pytest.raises(SourceError) as refused:
        source.describe()
    source.close()
    assert refused.value.failure is SourceFailure.NOT_REACHED


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        ("", SourceFailure.NOT_REACHED),
        ("host=/tmp", SourceFailure.NOT_REACHED),
        ("host=8.8.8.8&hostaddr=127.0.0.1", SourceFailure.WRONGLY_SET_UP),
        ("service=inside", SourceFailure.WRONGLY_SET_UP),
    ],
)
def test_no_side_door_of_the_driver_leads_inside(tmp_path: Path, query: str, failure: SourceFailure) -> None:
    url = f"postgresql://reader@/fs?{query}"
    source = open_source(DatabaseSettings(institution=UIO, url=url), settings_in(tmp_path), attempts=1)
    with pytest.raises(SourceError) as refused:
        source.describe()
    source.close()
    assert refused.value.failure is failure


@pytest.mark.parametrize("name", ["eksternstudium.sqlite", "./eksternstudium.sqlite", "link.sqlite"])
def test_our_own_database_is_no_source(tmp_path: Path, name: str) -> None:
    (tmp_path / "eksternstudium.sqlite").touch()
    (tmp_path / "link.sqlite").symlink_to("eksternstudium.sqlite")
    with pytest.raises(Refusal, match="vår egen database"):
        open_source(DatabaseSettings(institution=UIO, url=f"sqlite:///{name}"), settings_in(tmp_path))


def test_the_sql_of_a_source_sees_no_other_file(tmp_path: Path) -> None:
    for name in ("theirs.sqlite", "other.sqlite"):
        sqlite3.connect(tmp_path / name).close()
    sql = f"ATTACH '{tmp_path}/other.sqlite' AS other -- :identifiers"
    source = DatabaseSettings(institution=UIO, url="sqlite:///theirs.sqlite", people_sql=sql)
    opened = open_source(source, settings_in(tmp_path), attempts=1)
    question = Question((KARI_NUMBER,), Purpose.ADMISSION, Basis.STATUTE, "request")
    with pytest.raises(SourceError, match="SQLITE_AUTH"):
        opened.look_up(question)
    opened.close()


def test_networks_are_set_in_the_file_or_the_environment(tmp_path: Path) -> None:
    file = TomlFile("settings.toml", '[network]\nallowed_networks = ["10.0.0.0/8", "fd00::/8"]')
    assert list(map(str, file.checked(SettingsFile, {}).network.allowed_networks)) == ["10.0.0.0/8", "fd00::/8"]
    variables = {"EKSTERNSTUDIUM_NETWORK__ALLOWED_NETWORKS": "127.0.0.0/8, ::1/128"}
    assert TomlFile("", "").checked(SettingsFile, variables).network.allowed_networks == addresses.LOOPBACK
    with pytest.raises(Refusal, match=r"linje 2: «allowed_networks» kan ikke være .*Tillatt: nett i anførselstegn"):
        TomlFile("settings.toml", '[network]\nallowed_networks = ["10.0.0.1/8"]').checked(SettingsFile, {})


def test_what_is_set_goes_with_every_source(httpserver: HTTPServer, tmp_path: Path) -> None:
    source = ElmoPullSettings(institution=UIO, url=httpserver.url_for(""))
    for allowed, failure in (((), SourceFailure.NOT_REACHED), (("127.0.0.1/32",), SourceFailure.SERVER_ERROR)):
        opened = open_source(source, settings_in(tmp_path, *allowed), attempts=1)
        with pytest.raises(SourceError) as refused:
            opened.describe()
        opened.close()
        assert refused.value.failure is failure
