"""Values that no well-meaning client sends, by what they are meant to break."""

import gzip
import io
import json
import tarfile
from functools import cache

LONG = "x" * 100_000

PATHS = (
    "..",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "providers/-/locations/..",
    "providers/../rounds/2027",
    "providers//locations/",
    "providers/%2e%2e/locations/%2e%2e",
    "providers/06992516/locations/L001/../L002",
    "providers/-/locations/-/closures/-",
    "/providers/06992516",
    "providers/06992516/",
    "providers/06992516\n",
    "providers/06992516%00",
    "providers/٠٦٩٩٢٥١٦",
    "policyYears/2027/policySets/../../../../root",
    "file:///etc/passwd",
    "\\\\host\\share",
    "-",
    "*",
    "~root",
    "CON",
    "." * 63,
)
SQL = (
    "'; DROP TABLE provider; --",
    "' OR '1'='1",
    '"; DELETE FROM change; --',
    "1 UNION SELECT sql FROM sqlite_master",
    "%' ESCAPE '\\",
    "x'||(SELECT pg_sleep(10))||'",
    ":name :key_provider ? %s %(name)s $1",
)
REGO = (
    "}; allow = true {",
    'data.kwaliteitskader.y2027["c4"]',
    "input.answers[_]",
    '{"$ref": "#/"}',
    "`raw` \\u0000",
    'x := http.send({"method": "GET", "url": "http://127.0.0.1"})',
    '$"{input}"',
    "import rego.v1\ndefault allow := true",
)
TEMPLATES = (
    "{{ 7*7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "${jndi:ldap://127.0.0.1/a}",
    "%s%s%s%n",
    "{0.__class__.__init__.__globals__}",
    '#{sys.inputs} #import "/etc/passwd" #read("/etc/passwd")',
    "<script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "=cmd|'/c calc'!A0",
    "BEGIN:VEVENT\r\nATTACH:file:///etc/passwd",
    "a\r\nx-actor: beheer",
)
UNICODE = (
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202eabc\u202c",
    "\ufeff\u200b\u2060",
    "e" + "\u0301" * 2000,
    "🏥" * 300,
    "👨‍👩‍👧‍👦" * 40,
    "\U0010ffff\ufffe\uffff",
    "ﬃ ǆ İ ß ſ K",
    "１２３４５６７８",
    "²³¹",
    "\u2028\u2029\x85",
    "\t\n\v\f\r ",
)
FORMS = (
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "Infinity",
    "null",
    "true",
    "[]",
    "{}",
    "[" * 5000 + "]" * 5000,
    '{"a":' * 500 + "1" + "}" * 500,
    "9" * 5000,
    "2027-02-30",
    "0000-00-00",
    "99999999",
    "00000000-0000-0000-0000-000000000000",
    "{12345678-1234-1234-1234-123456789012}",
    "urn:uuid:12345678-1234-1234-1234-123456789012",
    "12345678123412341234123456789012",
    '"1"',
    'W/"1"',
    '"99999999999999999999"',
    "sha256:" + "0" * 64,
    "sha256:" + "g" * 64,
    "policyYears/0000",
    "policyYears/9999",
    "rounds/0000",
    "insurers/0000",
    "a" * 63,
    "a" * 64,
    "(a+)+$" + "a" * 40 + "!",
    LONG,
)
TEXTS = (*PATHS, *SQL, *REGO, *TEMPLATES, *UNICODE, *FORMS)

NUMBERS = (
    *(-1, 0, 1, 2, 3, 7, 12, 13, 24, 28, 29, 30, 31, 32, 59, 60, 61, 99, 100, 366, 500, 999, 1000, 1001),
    *(1582, 1899, 1900, 1969, 1970, 2025, 2026, 2027, 2028, 2035, 2100, 2199, 2200, 9999, 10_000),
    *(10**6, 10**7, 999_999_999, 10**9, 10**12, 10**15, 253_402_300_799, 253_402_300_800, -62_135_596_801),
    *(2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**32, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1),
)
ENUMS = (-(2**31), -1, 0, 1, 2, 3, 4, 5, 99, 2**31 - 1)
DATES = (
    *((2027, 2, 29), (2027, 2, 30), (2028, 2, 29), (0, 0, 0), (0, 1, 1), (1, 1, 1), (9999, 12, 31), (10_000, 1, 1)),
    *((2027, 13, 1), (2027, 0, 1), (2027, 1, 0), (2027, 1, 32), (-1, 1, 1), (1899, 12, 31), (1900, 1, 1)),
    *((2199, 12, 31), (2200, 1, 1), (2026, 12, 31), (2027, 1, 1), (2027, 3, 28), (2027, 10, 31), (2**31 - 1, 1, 1)),
)
"""Year, month, day."""
MASKS = (
    *("*", "", ".", "a.b.c", "display_name", "displayName", "name", "etag", "no_such_field", "display_name.x"),
    *("end_time.year", "periods.*", "periods[0]", "../name", "DISPLAY_NAME", "__class__", "create_time", "x" * 10_000),
)
PLACES: tuple[list[object], ...] = (
    [2**63],
    [-(2**63) - 1],
    [1, "x"],
    ["x", 1],
    [1, 2],
    ["x"],
    [True, "x"],
    [1.5, "x"],
    [None],
    [[1], {}],
    ["\x00", "\ud800"],
    [2**63 - 1, "\U0010ffff"],
    [0, "'; DROP TABLE x; --"],
)
"""Places in a list that no page token has, or that lead somewhere odd."""


@cache
def contents() -> tuple[bytes, ...]:
    """Files that are no good: no archives at all, archives that unpack to far more, or to what lies elsewhere."""
    bomb = gzip.compress(b"\x00" * (64 * 1024 * 1024), 9)
    return (
        b"",
        b"\x00" * 1000,
        b"\x1f\x8b",
        b"PK\x03\x04" + b"\x00" * 100,
        bomb,
        gzip.compress(bomb),
        _archive({"../../etc/cron.d/x": b"x"}),
        _archive({"/etc/passwd": b"x", ".manifest": b"{}"}),
        _archive({".manifest": b"[" * 100_000}),
        _archive(
            {".manifest": json.dumps({"revision": "x", "metadata": {"kind": 1, "year": [], "label": 0}}).encode()}
        ),
        _archive({".manifest": b'{"metadata": {"year": 1e999}}'}),
        _archive({f"f{number}.rego": b"" for number in range(3000)}),
        _archive({"x.rego": b"package x\n" + b"{" * 50_000}),
        _archive({"\ud800.rego".encode("utf-8", "surrogatepass").decode("latin-1"): b"\xff\xfe"}),
        _link("data.json", "/etc/passwd"),
    )


def _archive(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def _link(name: str, to: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, to
        tar.addfile(entry)
    return held.getvalue()


METADATA: tuple[tuple[tuple[str, str | bytes], ...], ...] = (
    (("x-actor", ""),),
    (("x-actor", "'; DROP TABLE change; --"),),
    (("x-actor", "beheer@9101@9102"),),
    (("x-actor", "@"),),
    (("x-actor", "a" * 4000),),
    (("x-actor", "inkoper@9101"), ("x-actor", "bestuur@06992516")),
    (("x-actor-bin", b"\x00\xff"),),
    (("x-call-id", "../../x"),),
    (("x-call-id", "%s%n{0}"),),
    (("x-call-id", "b" * 4000),),
    (("x-call-id", "   "),),
    (("x-call-id-bin", b"\xff" * 500),),
    (("traceparent", "00-0-0-0"),),
    (("traceparent", "ff-" + "f" * 32 + "-" + "f" * 16 + "-ff"),),
    (("traceparent", "00-" + "0" * 32 + "-" + "0" * 16 + "-00"),),
    (("traceparent", "x" * 3000), ("tracestate", "=,=,;" * 300)),
    (("baggage", "a=b," * 800),),
    (("grpc-trace-bin", b"\xff" * 40),),
    (("authorization", "Bearer "),),
    (("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."),),
    (("authorization", "Basic " + "A" * 2000),),
    (("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=x;by=y"), ("x-real-ip", "::1")),
    (("x-forwarded-client-cert", 'By=x;Subject="CN=beheer"'),),
    tuple((f"x-odd-{number}", "v") for number in range(60)),
)
"""What a call can bring beside its message; a client library lets no other characters through."""
