# METADATA
# scope: package
# title: Voorbeelden voor de tests
# description: Een aanvraag waarvoor aan alles is voldaan, en dezelfde met wat in een test anders is.
package inkoopkader.y2028.testdata_test

import rego.v1

document := {
	"budget_year": 2027,
	"survey_year": 2026,
	"reference_year": 2025,
	"reference_end": "2025-12-31",
	"delivered_on": "2026-06-15",
	"filing_deadline": "2026-11-01",
	"submitted_on": "",
	"as_of": "2026-10-01",
	"new_provider": false,
	"representatives": [{"insurer": "9101", "decision": ""}, {"insurer": "9102", "decision": ""}],
	"attestations": {
		"RIVM_UITVRAAG": attestation,
		"SCHONING": attestation,
		"OVERLOOP_DBC": attestation,
		"TIJDLIJN": attestation,
	},
	"locations": [location],
}

attestation := {"attested_on": "2026-09-01", "document": "DOC-1"}

location := {
	"name": "een",
	"opened_on": "1990-01-01",
	"excluded": false,
	"answers": {"delivered_on": "2026-06-15", "revision": 1},
	"indicators": {
		"seh_visits": 20000,
		"ehh_visits": 3000,
		"seh_stops": 12,
		"mean_length_of_stay_tenths": 1800,
		"median_length_of_stay_tenths": 1650,
	},
	"assessment": {"submission_revision": 1, "routes": ["VOLDOET"]},
	"cases": {"HERSTEL": null, "VERBETERPLAN": null},
	"duties": [],
}

case(state, due_on) := {"state": state, "due_on": due_on, "exception_until": ""}

changed(changes) := object.union(document, changes)

attested(kind, found) := object.union(document, {"attestations": {kind: found}})

at(changes) := changed({"locations": [object.union(location, changes)]})

# Two locations, of which only the second one differs.
second(changes) := changed({"locations": [location, object.union(object.union(location, {"name": "twee"}), changes)]})
