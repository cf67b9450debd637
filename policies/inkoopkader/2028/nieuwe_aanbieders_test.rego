package inkoopkader.y2028.nieuwe_aanbieders_test

import rego.v1

import data.inkoopkader.y2028.nieuwe_aanbieders
import data.inkoopkader.y2028.testdata_test as testdata

judged(document) := result if {
	result := nieuwe_aanbieders.judgement with input as document
}

said(first, second) := [found.status, [[s.description, s.actor] | some s in found.shortfalls]] if {
	found := judged(testdata.changed({
		"new_provider": true,
		"representatives": [{"insurer": "9101", "decision": first}, {"insurer": "9102", "decision": second}],
	}))
}

test_not_new if judged(testdata.document) == {"status": "NIET_VAN_TOEPASSING", "shortfalls": [], "remarks": []}

test_everyone_agreed if said("AKKOORD", "AKKOORD") == ["VOLDAAN", []]

test_one_has_not_decided if said("AKKOORD", "") == ["NIET_VOLDAAN", [[
	"Zorgverzekeraar 9102 moet nog besluiten over de nieuwe aanbieder.",
	"VERZEKERAARS",
]]]

test_one_refused if said("AFGEWEZEN", "AKKOORD") == ["NIET_VOLDAAN", [[
	"Zorgverzekeraar 9101 heeft de nieuwe aanbieder afgewezen; alleen een later akkoord heft dat op.",
	"VERZEKERAARS",
]]]

test_nobody_decided if count(said("", "")[1]) == 2

test_a_fact_that_is_not_there_is_no_pass if {
	not said("AKKOORD", "MISSCHIEN")
	not judged(testdata.changed({"new_provider": true, "representatives": []}))
	not judged(testdata.changed({"new_provider": true, "representatives": "9101"}))
	not judged(testdata.changed({"new_provider": null}))
}
