package kwaliteitskader.y2028.c5_test

import rego.v1

import data.kwaliteitskader.y2028.c5
import data.kwaliteitskader.y2028.testdata_test as testdata

on_time := {
	"gynaecologie": {"minuten": 30},
	"chirurgie": {"minuten": 15},
	"interne_geneeskunde": {"minuten": 15},
	"cardiologie": {"minuten": 20, "onderbouwde_afwijking": false},
	"kindergeneeskunde": {"minuten": 20, "onderbouwde_afwijking": null},
	"kno": {"minuten": 30},
	"neurologie": {"minuten": 29},
	"anesthesiologie": {"minuten": 0},
	"radiologie": {"minuten": 10},
	"longziekten": {"minuten": 15},
}

test_all_specialisms_on_time if verdict(on_time) == "VOLDOET"

test_29_minutes if kno({"minuten": 29}) == "VOLDOET"

test_30_minutes if kno({"minuten": 30}) == "VOLDOET"

test_31_minutes if kno({"minuten": 31}) == "VOLDOET_NIET"

test_31_minutes_with_a_justified_exception if {
	kno({"minuten": 31, "onderbouwde_afwijking": true}) == "VOLDOET"
}

test_31_minutes_without_a_justified_exception if {
	kno({"minuten": 31, "onderbouwde_afwijking": false}) == "VOLDOET_NIET"
}

test_exception_null_means_no if kno({"minuten": 31, "onderbouwde_afwijking": null}) == "VOLDOET_NIET"

test_minutes_unknown_with_a_justified_exception if kno({"onderbouwde_afwijking": true}) == "VOLDOET"

test_minutes_unknown_without_a_justified_exception if kno({"onderbouwde_afwijking": false}) == "ONBEKEND"

test_minutes_null if kno({"minuten": null}) == "ONBEKEND"

test_specialism_null if kno(null) == "ONBEKEND"

test_specialism_absent if verdict(object.remove(on_time, ["kno"])) == "ONBEKEND"

test_unknown_does_not_hide_not_met if {
	verdict(object.union(object.remove(on_time, ["kno"]), {"chirurgie": {"minuten": 31}})) == "VOLDOET_NIET"
}

test_each_of_the_ten_counts if {
	count(on_time) == 10
	every specialism, _ in on_time {
		verdict(object.union(on_time, {specialism: {"minuten": 31}})) == "VOLDOET_NIET"
	}
}

test_not_answered if {
	c5.finding.verdict == "ONBEKEND" with input as testdata.location({})
}

test_answered_null if verdict(null) == "ONBEKEND"

test_two_facts_for_each_specialism if {
	finding := c5.finding with input as testdata.location({"specialismen.aankomst_minuten": on_time})
	count(finding.facts) == 20
	[[fact.item, fact.value, fact.condition, fact.outcome] | some fact in array.slice(finding.facts, 6, 8)] == [
		["cardiologie", 20, "minuten <= 30", "waar"],
		["cardiologie", false, "onderbouwde afwijking", "onwaar"],
	]
}

kno(answer) := verdict(object.union(object.remove(on_time, ["kno"]), {"kno": answer}))

verdict(specialisms) := result if {
	result := c5.finding.verdict with input as testdata.location({"specialismen.aankomst_minuten": specialisms})
}
