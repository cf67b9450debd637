"""Documents of facts for the conditions, with days around every border."""

from typing import Any

from hypothesis import strategies as st

AS_OF = "2026-10-01"
DELIVERED = "2026-06-15"
DAYS = ("2026-09-30", AS_OF, "2026-10-02")
STATES = (
    *("VASTSTELLING", "HERSTELTERMIJN", "VERBETERPLAN_OPSTELLEN", "VERBETERPLAN_INGEDIEND", "VERBETERPLAN_LOOPT"),
    *("AFWEGING", "BESLUIT_VOORGELEGD", "GEEN_AANVRAAG", "GEEN_BUDGET", "VOLDOET"),
)
KINDS = ("RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN")


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _mostly(good: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Three times in four what is as it should be, so that a whole document sometimes is."""
    return st.integers(0, 3).flatmap(lambda n: other if n == 3 else st.just(good))


def _cases() -> st.SearchStrategy[dict[str, Any]]:
    standing = st.fixed_dictionaries(
        {"state": st.sampled_from(STATES[:7] + STATES[9:]), "due_on": st.sampled_from(("", *DAYS))}
    ).map(lambda found: {**found, "exception_until": ""})
    exception = st.sampled_from(DAYS).map(
        lambda until: {"state": "TIJDELIJKE_UITZONDERING", "due_on": "", "exception_until": until}
    )
    case = _maybe(standing | exception)
    return st.fixed_dictionaries({"HERSTEL": case, "VERBETERPLAN": case})


def _indicators() -> st.SearchStrategy[dict[str, Any]]:
    count = st.sampled_from((None, 0, 1, 20000))
    parts = ("seh_visits", "ehh_visits", "seh_stops", "mean_length_of_stay_tenths", "median_length_of_stay_tenths")
    return _mostly(dict.fromkeys(parts, 20000), st.fixed_dictionaries(dict.fromkeys(parts, count)))


def _assessments() -> st.SearchStrategy[dict[str, Any]]:
    unmet = st.sets(st.sampled_from(("HERSTELTERMIJN", "VERBETERPLAN", "ONVOLLEDIG")), min_size=1).map(sorted)
    return st.fixed_dictionaries(
        {"submission_revision": _mostly(1, st.sampled_from((0, 2))), "routes": _mostly(["VOLDOET"], unmet)}
    )


def _locations() -> st.SearchStrategy[list[dict[str, Any]]]:
    location = st.fixed_dictionaries(
        {
            "opened_on": _mostly(
                "1990-01-01", st.sampled_from(("2025-12-31", "2026-01-01", DELIVERED, "2026-06-16", "2027-02-01"))
            ),
            "excluded": _mostly(False, st.just(True)),
            "answers": _mostly(
                {"delivered_on": DELIVERED, "revision": 1},
                _maybe(
                    st.fixed_dictionaries(
                        {
                            "delivered_on": st.sampled_from(("2026-05-01", DELIVERED, "2026-06-16")),
                            "revision": st.sampled_from((1, 2)),
                        }
                    )
                ),
            ),
            "indicators": _indicators() | _maybe(_indicators()),
            "assessment": _assessments() | _maybe(_assessments()),
            "cases": _cases(),
            "duties": st.lists(
                st.fixed_dictionaries(
                    {"kind": st.sampled_from(("STRUCTURELE_SLUITING", "SEH_STOPS")), "due_on": st.sampled_from(DAYS)}
                ),
                max_size=2,
            ),
        }
    )
    return st.lists(location, max_size=3).map(
        lambda found: [{"name": f"providers/06010101/locations/l{n}", **each} for n, each in enumerate(found)]
    )


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Whatever the software can make of the facts about a provider, and some that it cannot."""
    attestation = st.fixed_dictionaries(
        {"attested_on": st.sampled_from(DAYS), "document": st.sampled_from(("", "DOC-1", "DOC-1"))}
    )
    return st.fixed_dictionaries(
        {
            "budget_year": _mostly(2027, st.just(2028)),
            "as_of": st.just(AS_OF),
            "survey_year": st.just(2026),
            "reference_year": st.just(2025),
            "reference_end": st.just("2025-12-31"),
            "delivered_on": st.just(DELIVERED),
            "filing_deadline": st.sampled_from(("", *DAYS)),
            "submitted_on": st.sampled_from(("", *DAYS)),
            "new_provider": st.booleans(),
            "representatives": st.lists(
                _mostly("AKKOORD", st.sampled_from(("", "AFGEWEZEN"))), min_size=1, max_size=3
            ).map(lambda found: [{"insurer": f"910{n}", "decision": each} for n, each in enumerate(found)]),
            "attestations": st.fixed_dictionaries(
                dict.fromkeys(KINDS, _mostly({"attested_on": AS_OF, "document": "DOC-1"}, _maybe(attestation)))
            ),
            "locations": _locations(),
        }
    )
