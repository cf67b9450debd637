"""The directory of organisations, and the certificates that it goes by."""

import time
from pathlib import Path

import pytest

from services.runtime.identity.caller import Role
from services.runtime.identity.certificates import CertificateFacts, read_certificate
from services.runtime.identity.directory import Directory, DirectoryError, read_organisations
from spoedkader.client.files import LOOK_SECONDS
from tests.support.certificates import Authority

INSURER = """
organisations:
  - code: "9101"
    name: Voorbeeld Zorgverzekeraar
    roles: [verzekeraar]
    codes: ["9102"]
    represents: {2027: ["06010101"], 2026: ["-"]}
    certificates:
      - {subscriber: "91010001", issuer: ZOVAR Voorbeeld CA}
      - {dns: inkoop.voorbeeld.test, issuer: Eigen CA}
"""
HOSPITAL = """
  - code: "06010101"
    name: De Wulp
    roles: [aanbieder]
    providers: ["06010101"]
    certificates: [{common_name: epd, issuer: Eigen CA}, {sha256: "%s"}]
""" % ("ab" * 32)
BOTH = INSURER + HOSPITAL
FACTS = CertificateFacts("00" * 32, "Eigen CA", "iemand", frozenset(), "")


def test_what_an_organisation_is() -> None:
    found = read_organisations(BOTH).of_code("9101")
    assert found is not None
    assert (found.organisation, found.roles, found.codes) == ("9101", {Role.VERZEKERAAR}, {"9101", "9102"})
    assert found.represents == ((2026, frozenset({"-"})), (2027, frozenset({"06010101"})))


def facts(**fields: object) -> CertificateFacts:
    return CertificateFacts(**{**{name: getattr(FACTS, name) for name in FACTS.__slots__}, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subscriber": "91010001", "issuer": "ZOVAR Voorbeeld CA"}, "9101"),
        ({"subscriber": "91010001"}, None),
        ({"dns": frozenset({"x.test", "inkoop.voorbeeld.test"})}, "9101"),
        ({"dns": frozenset({"inkoop.voorbeeld.test"}), "issuer": "Vreemde CA"}, None),
        ({"common_name": "epd"}, "06010101"),
        ({"common_name": "EPD"}, None),
        ({"sha256": "ab" * 32, "issuer": "Wie dan ook"}, "06010101"),
        ({"common_name": "epd", "dns": frozenset({"inkoop.voorbeeld.test"})}, None),
        ({}, None),
    ],
)
def test_whose_a_certificate_is(fields: dict[str, object], code: str | None) -> None:
    found = read_organisations(BOTH).of_certificate(facts(**fields))
    assert (found and found.organisation) == code


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "valid"),
        ("organisations: []", "organisations"),
        ("organisations: [", "YAML"),
        (BOTH.replace("roles: [aanbieder]", "roles: []"), "organisations.1.roles"),
        (BOTH.replace("roles: [aanbieder]", "roles: [ziekenhuis]"), "organisations.1.roles"),
        (BOTH.replace("roles: [aanbieder]", "roles: [aanbieder, ontwikkeling]"), "niet te geven"),
        (BOTH.replace("roles: [aanbieder]", "roles: [auditor]"), "providers horen bij"),
        (BOTH.replace("roles: [verzekeraar]", "roles: [auditor]"), "represents hoort bij"),
        (BOTH.replace('providers: ["06010101"]', 'providers: ["6010101"]'), "organisations.1.providers"),
        (BOTH.replace("name: De Wulp", "naam: De Wulp"), "organisations.1.naam"),
        (BOTH.replace(", issuer: Eigen CA}, {sha", "}, {sha"), "hoort issuer"),
        (BOTH.replace("{common_name: epd, issuer: Eigen CA}", "{issuer: Eigen CA}"), "precies één"),
        (BOTH.replace('code: "06010101"', 'code: "9101"'), "van twee organisaties"),
        (BOTH.replace("common_name: epd", "dns: inkoop.voorbeeld.test"), "van twee organisaties"),
    ],
)
def test_a_directory_that_makes_no_sense(text: str, problem: str) -> None:
    with pytest.raises(DirectoryError, match=problem):
        read_organisations(text)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    wrong = BOTH.replace("roles: [aanbieder]", "roles: []").replace("{2027: ", "{27: ")
    with pytest.raises(DirectoryError, match=r"organisations\.0\.represents.*organisations\.1\.roles"):
        read_organisations(wrong)


def test_the_file_is_read_again_and_nonsense_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "identities.yaml"
    path.write_text(INSURER, "utf-8")
    directory = Directory(path)
    assert directory.now().of_code("06010101") is None
    path.write_text(BOTH, "utf-8")
    time.sleep(LOOK_SECONDS + 0.05)
    assert directory.now().of_code("06010101") is not None
    path.write_text("organisations: [", "utf-8")
    time.sleep(LOOK_SECONDS + 0.05)
    assert directory.now().of_code("06010101") is not None


OID = "2.5.5.5"
SERVER = "2.16.528.1.1003.1.3.5.5.2-1-12345678-S-90000111-00.000-00000000"


@pytest.mark.parametrize(
    ("names", "subscriber"),
    [
        ([(OID, SERVER)], "90000111"),
        ([(OID, SERVER.replace("-S-", "-Z-"))], ""),
        ([("1.2.3.4", SERVER)], ""),
        ([(OID, SERVER), (OID, SERVER)], ""),
        ([(OID, "S-90000111")], ""),
        ([], ""),
    ],
)
def test_the_subscriber_of_a_server_certificate(tmp_path: Path, names: list[tuple[str, str]], subscriber: str) -> None:
    issued = Authority(tmp_path, "UZI Voorbeeld CA").issue("epd", other_names=names, hosts=["epd.wulp.test"])
    found = read_certificate(issued.pem)
    assert (found.subscriber, found.issuer, found.common_name) == (subscriber, "UZI Voorbeeld CA", "epd")
    assert found.dns == {"epd.wulp.test"}


def test_a_certificate_without_other_names(tmp_path: Path) -> None:
    found = read_certificate(Authority(tmp_path).issue("kaal").pem)
    assert (found.common_name, found.dns, found.subscriber) == ("kaal", frozenset(), "")


def test_what_is_no_certificate() -> None:
    with pytest.raises(ValueError, match="PEM"):
        read_certificate(b"geen certificaat")
