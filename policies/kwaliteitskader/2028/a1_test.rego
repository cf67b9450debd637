package kwaliteitskader.y2028.a1_test

import rego.v1

import data.kwaliteitskader.y2028.a1
import data.kwaliteitskader.y2028.testdata_test as testdata

preferred := {
	"arts.specialist_aanwezig": "altijd",
	"arts.als_afgerond": true,
	"arts.apls_afgerond": true,
}

minimum := {
	"arts.ervaren_arts_aanwezig": "altijd",
	"arts.klinische_ervaring_maanden": 12,
	"arts.poortervaring_maanden": 6,
}

not_preferred := {"arts.specialist_aanwezig": "niet_altijd"}

neither := object.union(not_preferred, {"arts.ervaren_arts_aanwezig": "niet_altijd"})

minimum_with(answers) := object.union_n([not_preferred, minimum, answers])

test_preferred_level_in_both_blocks if verdict(testdata.both, preferred, preferred) == "VOLDOET"

test_not_met_in_both_blocks if verdict(testdata.both, neither, neither) == "VOLDOET_NIET"

test_not_met_in_anw_only if verdict(testdata.both, preferred, neither) == "VOLDOET_NIET"

test_not_met_in_kantooruren_only if verdict(testdata.both, neither, preferred) == "VOLDOET_NIET"

test_unknown_in_anw_only if verdict(testdata.both, preferred, {}) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(testdata.both, neither, {}) == "VOLDOET_NIET"

test_nothing_answered if verdict(testdata.both, {}, {}) == "ONBEKEND"

test_answer_for_a_closed_block_is_ignored if verdict(["kantooruren"], preferred, neither) == "VOLDOET"

test_no_open_block if verdict([], preferred, preferred) == "NIET_VAN_TOEPASSING"

test_minimum_norm_in_both_blocks if {
	verdict(testdata.both, minimum_with({}), minimum_with({})) == "VOLDOET"
}

test_preferred_level_in_one_block_and_minimum_norm_in_the_other if {
	verdict(testdata.both, preferred, minimum_with({})) == "VOLDOET"
}

test_minimum_norm_with_preferred_level_unknown if verdict(testdata.both, minimum, minimum) == "VOLDOET"

test_preferred_level_unknown_and_minimum_norm_not_met if {
	unmet := {"arts.ervaren_arts_aanwezig": "niet_altijd"}
	verdict(testdata.both, unmet, unmet) == "ONBEKEND"
}

test_11_months_of_clinical_experience if minimum_verdict({"arts.klinische_ervaring_maanden": 11}) == "VOLDOET_NIET"

test_12_months_of_clinical_experience if minimum_verdict({"arts.klinische_ervaring_maanden": 12}) == "VOLDOET"

test_13_months_of_clinical_experience if minimum_verdict({"arts.klinische_ervaring_maanden": 13}) == "VOLDOET"

test_5_months_of_gate_experience if minimum_verdict({"arts.poortervaring_maanden": 5}) == "VOLDOET_NIET"

test_6_months_of_gate_experience if minimum_verdict({"arts.poortervaring_maanden": 6}) == "VOLDOET"

test_7_months_of_gate_experience if minimum_verdict({"arts.poortervaring_maanden": 7}) == "VOLDOET"

test_months_of_clinical_experience_unknown if {
	minimum_verdict({"arts.klinische_ervaring_maanden": null}) == "ONBEKEND"
}

test_months_of_gate_experience_unknown if minimum_verdict({"arts.poortervaring_maanden": null}) == "ONBEKEND"

test_every_fact_is_shown_also_of_the_alternative_that_failed if {
	finding := a1.finding with input as testdata.per_block(["anw"], {}, minimum_with({}))
	[fact.outcome | some fact in finding.facts] == ["onwaar", "onbekend", "onbekend", "waar", "waar", "waar"]
	finding.facts[4] == {
		"question": "arts.klinische_ervaring_maanden",
		"block": "anw",
		"item": "",
		"value": 12,
		"condition": ">= 12",
		"threshold": 12,
		"outcome": "waar",
	}
}

minimum_verdict(answers) := verdict(testdata.both, minimum_with({}), minimum_with(answers))

verdict(open_blocks, kantooruren, anw) := result if {
	result := a1.finding.verdict with input as testdata.per_block(open_blocks, kantooruren, anw)
}
