package inkoopkader.y2027.kwaliteit_test

import rego.v1

import data.inkoopkader.y2027.kwaliteit
import data.inkoopkader.y2027.testdata_test as testdata

judged(document) := result if {
	result := kwaliteit.judgement with input as document
}

# The status, and what is missing with who has to act and until when.
said(document) := [found.status, [[s.description, s.actor, s.due_on] | some s in found.shortfalls]] if {
	found := judged(document)
}

routes(given) := testdata.at({"assessment": {"routes": given}})

in_case(name, track, found) := testdata.at({"assessment": {"routes": [name]}, "cases": {track: found}})

cure(state, due_on) := in_case("HERSTELTERMIJN", "HERSTEL", testdata.case(state, due_on))

plan(state, due_on) := in_case("VERBETERPLAN", "VERBETERPLAN", testdata.case(state, due_on))

test_meets_the_norms if judged(testdata.document) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}

test_not_assessed if said(testdata.at({"assessment": null})) == ["ONBEKEND", [[
	"Toets de locatie; of zij aan de normen voldoet is niet bekend.",
	"VERZEKERAARS",
	"",
]]]

test_corrected_since_the_assessment if said(testdata.at({"answers": {"revision": 2}})) == ["ONBEKEND", [[
	"Toets de locatie opnieuw: de antwoorden zijn na de laatste toets verbeterd.",
	"VERZEKERAARS",
	"",
]]]

test_assessed_without_answers if {
	said(testdata.at({"answers": null, "assessment": {"submission_revision": 0, "routes": ["ONVOLLEDIG"]}})) == ["ONBEKEND", [[
		"Vul de antwoorden aan: van een of meer normen is niet bekend of eraan wordt voldaan.",
		"ZORGAANBIEDER",
		"",
	]]]
}

test_a_finding_to_record if said(cure("VASTSTELLING", "")) == ["NIET_VOLDAAN", [[
	"Leg vast dat aan een voorwaardelijke eis niet wordt voldaan; dan begint de hersteltermijn.",
	"VERZEKERAARS",
	"",
]]]

test_within_the_cure_term if said(cure("HERSTELTERMIJN", "2026-10-01")) == ["NIET_VOLDAAN", [[
	"Voldoe aan de voorwaardelijke eisen; een verbeterplan is daarvoor niet mogelijk.",
	"ZORGAANBIEDER",
	"2026-10-01",
]]]

test_after_the_cure_term if said(cure("HERSTELTERMIJN", "2026-09-30")) == ["NIET_VOLDAAN", [[
	"De hersteltermijn is verstreken: voldoe alsnog, of neem een besluit.",
	"SAMEN",
	"2026-09-30",
]]]

test_a_plan_to_make if said(plan("VERBETERPLAN_OPSTELLEN", "2026-10-01")) == ["NIET_VOLDAAN", [[
	"Stel in overleg met de representerende zorgverzekeraars een verbeterplan op en dien het in.",
	"ZORGAANBIEDER",
	"2026-10-01",
]]]

test_a_plan_that_is_late if said(plan("VERBETERPLAN_OPSTELLEN", "2026-09-30")) == ["NIET_VOLDAAN", [[
	"De termijn voor het verbeterplan is verstreken: dien het alsnog in, of begin de afweging.",
	"SAMEN",
	"2026-09-30",
]]]

test_a_plan_that_was_handed_in if {
	every due_on in ["2027-06-01", "2026-10-01", ""] {
		found := judged(plan("VERBETERPLAN_INGEDIEND", due_on))
		found.status == "VOLDAAN"
		[[r.description, r.actor, r.due_on] | some r in found.remarks] == [[
			"Stem in met het ingediende verbeterplan, of stuur het terug.",
			"VERZEKERAARS",
			due_on,
		]]
	}
	said(plan("VERBETERPLAN_INGEDIEND", "2026-09-30")) == ["NIET_VOLDAAN", [[
		"De termijn voor het verbeterplan is verstreken zonder instemming: stem in, of begin de afweging.",
		"VERZEKERAARS",
		"2026-09-30",
	]]]
}

test_a_plan_that_is_carried_out if {
	every due_on in ["2027-06-01", "2026-10-01", ""] {
		judged(plan("VERBETERPLAN_LOOPT", due_on)) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}
	}
	said(plan("VERBETERPLAN_LOOPT", "2026-09-30")) == ["NIET_VOLDAAN", [[
		"De termijn van het verbeterplan is verstreken: voldoe alsnog, of begin de afweging.",
		"SAMEN",
		"2026-09-30",
	]]]
}

test_weighing if said(plan("AFWEGING", "")) == ["NIET_VOLDAAN", [[
	"Rond de afweging tussen toegankelijkheid en kwaliteit af.",
	"SAMEN",
	"",
]]]

test_a_decision_to_vote_on if {
	every document in [plan("BESLUIT_VOORGELEGD", "2026-09-30"), cure("BESLUIT_VOORGELEGD", "2026-09-30")] {
		said(document) == ["NIET_VOLDAAN", [["Stem over het besluit dat is voorgelegd.", "VERZEKERAARS", "2026-09-30"]]]
	}
}

test_a_case_that_the_assessment_contradicts if said(plan("VOLDOET", "")) == ["NIET_VOLDAAN", [[
	"Toets de locatie opnieuw: dossier en laatste toets spreken elkaar tegen.",
	"VERZEKERAARS",
	"",
]]]

test_no_case if {
	every name in ["HERSTELTERMIJN", "VERBETERPLAN"] {
		said(routes([name])) == ["NIET_VOLDAAN", [[
			"Toets de locatie opnieuw, zodat er een dossier is: aan een of meer normen wordt niet voldaan.",
			"VERZEKERAARS",
			"",
		]]]
	}
}

excepted(until) := {"state": "TIJDELIJKE_UITZONDERING", "due_on": "", "exception_until": until}

test_an_exception_is_remarked_and_does_not_block if {
	every until in ["2026-10-01", "2027-03-31"] {
		found := judged(in_case("HERSTELTERMIJN", "HERSTEL", excepted(until)))
		found.status == "VOLDAAN"
		found.shortfalls == []
		found.remarks == [{
			"location": "een",
			"description": "Er geldt een tijdelijke uitzondering; daarna moet aan de normen worden voldaan.",
			"actor": "SAMEN",
			"due_on": until,
		}]
	}
}

test_an_exception_that_is_over if {
	said(in_case("VERBETERPLAN", "VERBETERPLAN", excepted("2026-09-30"))) == ["NIET_VOLDAAN", [[
		"De tijdelijke uitzondering geldt op deze dag niet meer, en aan de normen wordt niet voldaan.",
		"SAMEN",
		"2026-09-30",
	]]]
}

test_an_exception_for_one_track_is_none_for_the_other if {
	cases := {"HERSTEL": excepted("2027-03-31"), "VERBETERPLAN": testdata.case("AFWEGING", "")}
	found := judged(testdata.at({"assessment": {"routes": ["HERSTELTERMIJN", "VERBETERPLAN"]}, "cases": cases}))
	found.status == "NIET_VOLDAAN"
	count(found.shortfalls) == 1
	count(found.remarks) == 1
}

test_not_met_goes_before_unknown if {
	found := said(testdata.at({
		"assessment": {"routes": ["HERSTELTERMIJN", "ONVOLLEDIG"]},
		"cases": {"HERSTEL": testdata.case("VASTSTELLING", "")},
	}))
	found[0] == "NIET_VOLDAAN"
	count(found[1]) == 2
}

test_one_location_of_two if {
	found := judged(testdata.second({"assessment": null}))
	found.status == "ONBEKEND"
	[s.location | some s in found.shortfalls] == ["twee"]
}

test_a_location_that_is_left_out if {
	judged(testdata.second({"excluded": true, "assessment": null})).status == "VOLDAAN"
	judged(testdata.at({"excluded": true, "assessment": null})).status == "NIET_VAN_TOEPASSING"
}

test_a_fact_that_is_not_there_is_no_pass if {
	every path in ["assessment", "answers", "answers/revision", "assessment/routes"] {
		not judged(json.remove(testdata.document, [concat("/", ["locations/0", path])]))
	}
	not judged(routes(["IETS_ANDERS"]))
	not judged(routes(["VOLDOET", "IETS_ANDERS"]))
	not judged(routes([]))
	not judged(plan("IETS_ANDERS", ""))
	not judged(json.remove(plan("VERBETERPLAN_LOOPT", ""), ["locations/0/cases/VERBETERPLAN/due_on"]))
	not judged(json.remove(plan("VERBETERPLAN_INGEDIEND", ""), ["locations/0/cases/VERBETERPLAN/due_on"]))
	not judged(json.remove(plan("VERBETERPLAN_LOOPT", ""), ["locations/0/cases/VERBETERPLAN"]))
	not judged(json.remove(cure("TIJDELIJKE_UITZONDERING", ""), ["locations/0/cases/HERSTEL/exception_until"]))
}
