"""A national portal as the tests play it: a registry and keys of its own, a sign-in elsewhere, and the way back."""

import base64
import gzip
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask, Response, redirect, request
from lxml import etree
from markupsafe import escape

from webapp.model import Portal
from webapp.sources.emrex.keys import read_key

_DS = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


class Keys:
    """A key and its certificate, that holds from a day before `now` for `days`."""

    def __init__(self, name: str, now: datetime, days: int = 365) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder(subject, subject, self.private.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now - timedelta(days=400) + timedelta(days=400 + days))
            .sign(self.private, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def bare(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()


@cache
def keys(name: str = "portal.example") -> Keys:
    """The keys of a portal with this name, made once."""
    return Keys(name, datetime.now(UTC))


def signed(xml: bytes, by: Keys) -> bytes:
    """A document with an enveloped signature over all of it."""
    root = etree.fromstring(xml)
    digest = base64.b64encode(hashlib.sha256(etree.tostring(root, method="c14n")).digest()).decode()
    signature = etree.SubElement(root, f"{{{_DS}}}Signature", nsmap={"ds": _DS})
    info = etree.SubElement(signature, f"{{{_DS}}}SignedInfo")

    def add(holder: etree._Element, name: str, algorithm: str = "", text: str | None = None) -> etree._Element:
        node = etree.SubElement(holder, f"{{{_DS}}}{name}", {"Algorithm": algorithm} if algorithm else {})
        node.text = text
        return node

    add(info, "CanonicalizationMethod", _EXCLUSIVE)
    add(info, "SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    reference = add(info, "Reference")
    reference.set("URI", "")
    add(add(reference, "Transforms"), "Transform", f"{_DS}enveloped-signature")
    add(reference, "DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256")
    add(reference, "DigestValue", text=digest)
    content = etree.tostring(info, method="c14n", exclusive=True)
    value = by.private.sign(content, padding.PKCS1v15(), hashes.SHA256())
    add(signature, "SignatureValue", text=base64.b64encode(value).decode())
    add(add(add(signature, "KeyInfo"), "X509Data"), "X509Certificate", text=by.bare)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def packed(xml: bytes) -> str:
    """A document as EMREX sends it. Without the time, so that the same document is the same text."""
    return base64.b64encode(gzip.compress(xml, mtime=0)).decode()


def catalogue(*entries: str) -> bytes:
    """An EWP catalogue with these entries among others."""
    return (
        '<catalogue xmlns="https://github.com/erasmus-without-paper/ewp-specs-api-registry/tree/stable-v1"><host>'
        "<apis-implemented><x:echo xmlns:x='urn:x' version='2.0.0'><x:url>https://echo.example/</x:url></x:echo>"
        f"</apis-implemented></host>{''.join(entries)}</catalogue>"
    ).encode()


def entry(url: str, country: str = "NO", name: str = "Prøveportalen", key: str = "", more: str = "") -> str:
    """A portal as it stands in the catalogue."""
    return (
        "<host><apis-implemented><emrex-data-access-point version='1.0.0' xmlns='https://github.com/"
        "erasmus-without-paper/ewp-specs-api-emrex-data-access-point/blob/stable-v1/manifest-entry.xsd'>"
        f"<url>{url}</url><name>{name}</name><country-code>{country}</country-code>{more}"
        f"<certificate>{key or keys().bare}</certificate></emrex-data-access-point></apis-implemented></host>"
    )


def played(url: str = "https://portal.example/init", key: str = "") -> Portal:
    """The portal as it is known from its registry."""
    return Portal(url, "NO", (read_key(key or keys().pem),), name={"nb": "Prøveportalen"})


def portal_app(document: Callable[[], bytes | None]) -> Flask:
    """A portal with its registry at /catalogue. It leads the student to a sign-in at another origin (the same server
    by its other name) and back; `document` is what it delivers then, None for no results. config["came"]: what the
    students came with."""
    app = Flask("portal")
    app.config["came"] = came = []

    @app.get("/catalogue")
    def registry() -> Response:
        finland = entry("https://opintopolku.example/emrex", "FI", "Opintopolku")
        sweden = entry("https://ladok.example/emrex", "SE", "Ladok", more="<institution>Umeå universitet</institution>")
        return Response(catalogue(entry(f"{request.host_url}init"), finland, sweden), mimetype="application/xml")

    @app.post("/init")
    def init() -> object:
        came.append({**request.form, "referrer": request.headers.get("Referer")})
        port = request.host.rpartition(":")[2]
        return redirect(f"http://127.0.0.1:{port}/sign-in?visit={len(came) - 1}", 303)

    @app.get("/sign-in")
    def sign_in() -> str:
        port = request.host.rpartition(":")[2]
        href = f"http://localhost:{port}/choose?visit={request.args['visit']}"
        return f"<title>Innlogging</title><a href='{href}'>Logg inn</a>"

    @app.get("/choose")
    def choose() -> str:
        visit = came[int(request.args["visit"])]
        xml = document()
        code = "EMP_OK" if xml else "EMP_NO_RESULTS"
        fields = {"sessionId": visit["sessionId"], "returnMessage": "", "elmo": packed(xml) if xml else ""}

        def form(code: str, words: str) -> str:
            hidden = "".join(
                f"<input type='hidden' name='{name}' value='{escape(value)}'>"
                for name, value in {**fields, "returnCode": code}.items()
            )
            return f"<form method='post' action='{escape(visit['returnUrl'])}'>{hidden}<button>{words}</button></form>"

        return f"<title>Portalen</title>{form(code, 'Lever')}{form('EMP_CANCEL', 'Avbryt')}"

    return app
