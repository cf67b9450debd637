package inkoopkader.uitkomst.y2027_test

import rego.v1

import data.inkoopkader.uitkomst.y2027 as uitkomst
import data.inkoopkader.y2027.testdata_test as testdata

conditions := {
	"transparantie",
	"kwaliteit",
	"schoning",
	"overloop_dbc",
	"afwijken",
	"tijdlijn",
	"nieuwe_aanbieders",
}

test_every_condition_has_a_judgement_and_nothing_else_is_gathered if {
	every document in [testdata.document, testdata.changed({"locations": [], "new_provider": true})] {
		judgements := uitkomst.judgements with input as document
		object.keys(judgements) == conditions
		every judgement in judgements {
			object.keys(judgement) == {"status", "shortfalls", "remarks"}
			is_array(judgement.shortfalls)
			is_array(judgement.remarks)
		}
	}
}

test_of_nothing_there_is_no_judgement if {
	judgements := uitkomst.judgements with input as {}
	judgements == {}
}
