package inkoopkader.y2028.afwijken_test

import rego.v1

import data.inkoopkader.y2028.afwijken
import data.inkoopkader.y2028.testdata_test as testdata

judged(document) := result if {
	result := afwijken.judgement with input as document
}

closure(due_on) := {"kind": "STRUCTURELE_SLUITING", "due_on": due_on}

stops(due_on) := {"kind": "SEH_STOPS", "due_on": due_on}

test_nothing_to_do if judged(testdata.document) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}

test_a_duty_that_is_overdue if judged(testdata.second({"duties": [closure("2026-09-30")]})) == {
	"status": "NIET_VOLDAAN",
	"shortfalls": [{
		"location": "twee",
		"description": "Informeer de representerende zorgverzekeraars over de structurele sluiting en leg dat vast.",
		"actor": "ZORGAANBIEDER",
		"due_on": "2026-09-30",
	}],
	"remarks": [],
}

test_a_duty_within_its_term_is_only_remarked if judged(testdata.at({"duties": [stops("2026-10-01")]})) == {
	"status": "VOLDAAN",
	"shortfalls": [],
	"remarks": [{
		"location": "een",
		"description": "Leg verantwoording af over de SEH-stops, bespreek ze in ROAZ-verband en leg dat vast.",
		"actor": "ZORGAANBIEDER",
		"due_on": "2026-10-01",
	}],
}

test_two_duties_of_which_one_is_overdue if {
	found := judged(testdata.at({"duties": [closure("2026-10-05"), stops("2026-09-01")]}))
	found.status == "NIET_VOLDAAN"
	[s.due_on | some s in found.shortfalls] == ["2026-09-01"]
	[r.due_on | some r in found.remarks] == ["2026-10-05"]
}

test_a_location_that_is_left_out if {
	judged(testdata.at({"excluded": true, "duties": [stops("2026-09-01")]})).status == "NIET_VAN_TOEPASSING"
}

test_a_fact_that_is_not_there_is_no_pass if {
	not judged(json.remove(testdata.document, ["locations/0/duties"]))
	not judged(testdata.at({"duties": "geen"}))
	not judged(testdata.at({"duties": [{"kind": "IETS_ANDERS", "due_on": "2026-10-01"}]}))
	not judged(testdata.at({"duties": [{"kind": "SEH_STOPS"}]}))
	not judged(testdata.at({"duties": [stops("")]}))
	not judged(testdata.at({"duties": [stops("2026-10-01"), {"kind": "IETS_ANDERS", "due_on": "2026-10-01"}]}))
}
