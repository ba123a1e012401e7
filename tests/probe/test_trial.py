"""Parts of a trial by themselves: addresses in turn, certificates, answers, and a cause for everything that is seen."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sitefiles import FACTS, planned, site_text

from cmgdocs.facts.model import FlowId, Protocol, RoleId, Seen
from cmgdocs.probe.certificate import certificate
from cmgdocs.probe.judge import likely
from cmgdocs.probe.targets import Target, Trust
from cmgdocs.probe.trial import AT_ONCE, Contexts, _Trial, answer_to, trials
from cmgdocs.probe.tried import Status, Tried
from cmgdocs.probe.wire import Found, Resolver, Wire

PLAN = planned(site_text({"cmg": "cmg.contoso.example"}, configmgr="2509", instances=2))
PLAIN = Target(FlowId("F22"), RoleId("site-server"), "two.example", 445, Protocol.SMB, tls=False)
PATH = "/CCM_STS"
OF_PATHS = {Seen.REDIRECTED, Seen.UNAUTHORIZED, Seen.FORBIDDEN, Seen.NOT_FOUND, Seen.SERVER_ERROR}
OF_CHANNEL = {Seen.LAST_SILENT, Seen.ONLY_HTTPS, Seen.PROXY_PORTS}


class Addresses(Wire):
    """A name with several addresses, each of which does what is said of it: an errno, 0 to connect, None to hang."""

    def __init__(self, *does: int | None) -> None:
        self._does = {f"192.0.2.{number}": what for number, what in enumerate(does, 1)}

    def look_up(self, name: str) -> Found:
        return Found(tuple(self._does), name)

    async def connect(self, address: str, port: int) -> socket.socket:
        if (what := self._does[address]) is None:
            await asyncio.Event().wait()
        if what:
            raise OSError(what, "made")
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours


@pytest.mark.parametrize(
    ("does", "seen", "address"),
    [
        ((0, None), None, "192.0.2.1"),
        ((errno.ECONNREFUSED, 0), None, "192.0.2.2"),
        ((None, 0), None, "192.0.2.2"),
        ((errno.ENETUNREACH, errno.ECONNREFUSED), Seen.REFUSED, ""),
        ((errno.ENETUNREACH, None), Seen.SILENT, ""),
        ((errno.ECONNREFUSED, None), Seen.REFUSED, ""),
        ((None, None), Seen.SILENT, ""),
        ((errno.ETIMEDOUT, errno.EHOSTUNREACH), Seen.SILENT, ""),
    ],
)
def test_addresses_are_tried_in_turn_and_the_plainest_failure_counts(
    does: tuple[int | None, ...], seen: Seen | None, address: str
) -> None:
    (found,) = asyncio.run(trials([PLAIN], timeout_s=2 if seen else 20, wire=Addresses(*does)))
    assert (found.seen, found.status) == (seen, Status.FAILS if seen else Status.WORKS)
    assert address in found.address


class Counting(Addresses):
    """Counts how many connections are under way at once."""

    def __init__(self) -> None:
        super().__init__(0)
        self.now = self.most = 0

    async def connect(self, address: str, port: int) -> socket.socket:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        return await super().connect(address, port)


def test_no_more_than_so_many_are_tried_at_once() -> None:
    wire = Counting()
    many = [replace(PLAIN, port=port) for port in range(1, 201)]
    assert len(asyncio.run(trials(many, 20, wire=wire))) == 200
    assert wire.most == AT_ONCE


def test_a_machine_without_sockets_says_nothing_of_the_other_end() -> None:
    with pytest.raises(OSError, match="made") as raised:
        asyncio.run(trials([PLAIN], wire=Addresses(errno.EMFILE, errno.ECONNREFUSED)))
    assert raised.value.errno == errno.EMFILE


def test_a_resolver_that_breaks_is_no_answer_for_its_name_alone() -> None:
    class Broken(Addresses):
        def look_up(self, name: str) -> Found:
            raise OSError(errno.EIO, "made")

    listed = [PLAIN, replace(PLAIN, host="192.0.2.1")]
    found = asyncio.run(trials(listed, 20, wire=Broken(0)))
    assert [(item.seen, item.said) for item in found] == [(Seen.DNS_SILENT, "two.example: made"), (None, "192.0.2.1")]


def test_what_two_flows_share_is_tried_once() -> None:
    other = Target(FlowId("F23"), RoleId("x"), "two.example", 445, Protocol.SMB, tls=False)
    told: list[tuple[int, int]] = []
    found = asyncio.run(trials([PLAIN, other], 5, lambda done, of: told.append((done, of)), Addresses(0)))
    assert [item.target for item in found] == [PLAIN, other]
    assert told == [(1, 1)]


def test_a_path_without_time_is_undecided() -> None:
    trial = _Trial(PLAIN, 5, Addresses(0), Resolver(Addresses(0)), Contexts())
    found = asyncio.run(trial.ask(PATH, until=0))
    assert (found.path, found.status, found.seen, found.said) == (PATH, Status.UNDECIDED, None, "no time left")


def test_a_path_that_begins_late_and_gets_no_answer_is_undecided() -> None:
    async def asked(of_s: float) -> Tried:
        trial = _Trial(PLAIN, of_s, Addresses(None), Resolver(Addresses(None)), Contexts())
        return await trial.ask(PATH, until=asyncio.get_running_loop().time() + 0.5)

    assert asyncio.run(asked(0.5)).seen is Seen.CLOSED
    assert asyncio.run(asked(5)).said == "no time left"


def der(*names: str) -> bytes:
    pem = trustme.CA(organization_name="Contoso").issue_cert(*names, common_name=names[0]).cert_chain_pems[0]
    return ssl.PEM_cert_to_DER_cert(pem.bytes().decode())


def test_a_certificate_is_read_from_its_bytes() -> None:
    found = certificate(der("a.example", "192.0.2.1", "2001:db8::1"))
    assert found
    assert found.subject.startswith("CN=a.example, OU=")
    assert found.issuer.endswith("O=Contoso")
    assert (found.names, found.until) == (("a.example", "192.0.2.1", "2001:db8::1"), "3000-01-01")


def test_parts_of_a_name_are_called_and_quoted_as_windows_does() -> None:
    oids = (NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME, NameOID.ORGANIZATION_NAME)
    oids += (NameOID.SERIAL_NUMBER, NameOID.EMAIL_ADDRESS, NameOID.DOMAIN_COMPONENT, NameOID.COMMON_NAME)
    values = ("US", "WA", "Redmond", 'A "B", Inc.', "7", "ca@corp.example", "corp", "ca")
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in zip(oids, values, strict=True)])
    key, day = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    found = certificate(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    assert found
    assert found.issuer == 'CN=ca, DC=corp, E=ca@corp.example, SERIALNUMBER=7, O="A ""B"", Inc.", L=Redmond, S=WA, C=US'


def test_bytes_that_are_no_certificate_are_none_and_raise_nothing() -> None:
    good, random = der("a.example"), Random(0)
    assert [certificate(good[:end]) for end in range(len(good))] == [None] * len(good)
    for _ in range(2000):
        bad = bytearray(good)
        bad[random.randrange(len(bad))] = random.randrange(256)
        certificate(bytes(bad))


@pytest.mark.parametrize("trust", [Trust.PUBLIC, Trust.TRUSTED, Trust.PRODUCT], ids=lambda trust: trust.name)
def test_certificates_are_judged_as_windows_does_and_the_products_not_at_all(trust: Trust) -> None:
    made = replace(PLAIN, tls=True, server_name=PLAIN.host, checks_name=trust is Trust.PUBLIC, trust=trust)
    context = Contexts().of(made)
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.check_hostname is made.checks_name
    assert (context.verify_mode is ssl.CERT_REQUIRED) is (trust is not Trust.PRODUCT)


@pytest.mark.parametrize(
    ("status", "place", "trust", "expected"),
    [
        (200, "", Trust.TRUSTED, (Status.WORKS, None)),
        (301, "https://mp/CCM_STS/", Trust.TRUSTED, (Status.WORKS, None)),
        (301, "/CCM_STS/", Trust.NONE, (Status.WORKS, None)),
        (301, "https://other/CCM_STS/", Trust.TRUSTED, (Status.FAILS, Seen.REDIRECTED)),
        (301, "https://[mp/CCM_STS/", Trust.TRUSTED, (Status.FAILS, Seen.REDIRECTED)),
        (302, "https://mp/CMApplicationCatalog", Trust.TRUSTED, (Status.FAILS, Seen.REDIRECTED)),
        (307, "", Trust.TRUSTED, (Status.FAILS, Seen.REDIRECTED)),
        (401, "", Trust.TRUSTED, (Status.UNDECIDED, Seen.UNAUTHORIZED)),
        (403, "", Trust.TRUSTED, (Status.UNDECIDED, Seen.CERTIFICATE_WANTED)),
        (403, "", Trust.PRODUCT, (Status.UNDECIDED, Seen.FORBIDDEN)),
        (403, "", Trust.NONE, (Status.UNDECIDED, Seen.FORBIDDEN)),
        (404, "", Trust.TRUSTED, (Status.UNDECIDED, Seen.NOT_FOUND)),
        (405, "", Trust.TRUSTED, (Status.UNDECIDED, None)),
        (500, "", Trust.TRUSTED, (Status.FAILS, Seen.SERVER_ERROR)),
        (503, "", Trust.TRUSTED, (Status.FAILS, Seen.SERVER_ERROR)),
    ],
)
def test_answers_of_a_management_point_are_told_apart(
    status: int, place: str, trust: Trust, expected: tuple[Status, Seen | None]
) -> None:
    target = Target(FlowId("F09"), RoleId("management-point"), "mp", 443, Protocol.HTTPS, tls=True, trust=trust)
    assert answer_to(PATH, target, status, f"{status} Words", place)[:2] == expected


@pytest.mark.parametrize("seen", Seen)
def test_whatever_is_seen_has_a_likely_cause(seen: Seen) -> None:
    flows = ["F09"] if seen in OF_PATHS else ["F06"] if seen in OF_CHANNEL else [row.flow.id for row in PLAN.rows]
    assert [flow for flow in flows if likely(PLAN, seen, FlowId(flow)) is None] == []


def test_every_trial_of_a_symptom_is_seen_by_one_of_its_flows() -> None:
    paths = {flow.id for flow in FACTS.flows if flow.responder == "management-point"}
    for symptom in FACTS.symptoms:
        if OF_PATHS & set(symptom.trial):
            assert paths & set(symptom.flows), symptom.id


def test_a_name_of_a_result_is_its_target_way_and_path() -> None:
    assert Tried(PLAIN, PATH, Status.WORKS, None, "").name == f"F22 two.example:445 {PATH}"
