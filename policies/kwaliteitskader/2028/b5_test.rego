package kwaliteitskader.y2028.b5_test

import rego.v1

import data.kwaliteitskader.y2028.b5
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met_in_both_blocks if verdict(testdata.both, "2", true, true) == "VOLDOET"

test_every_level_counts if {
	every level in ["1", "2", "3"] {
		verdict(testdata.both, level, true, true) == "VOLDOET"
		verdict(testdata.both, level, false, true) == "VOLDOET_NIET"
	}
}

test_not_met_in_anw_only if verdict(testdata.both, "3", true, false) == "VOLDOET_NIET"

test_not_met_in_kantooruren_only if verdict(testdata.both, "3", false, true) == "VOLDOET_NIET"

test_unknown_in_anw_only if verdict(testdata.both, "3", true, null) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(testdata.both, "3", false, null) == "VOLDOET_NIET"

test_answer_for_a_closed_block_is_ignored if verdict(["kantooruren"], "1", true, false) == "VOLDOET"

test_without_a_trauma_level if verdict(testdata.both, "geen", false, false) == "NIET_VAN_TOEPASSING"

test_trauma_level_unknown if verdict(testdata.both, null, true, true) == "ONBEKEND"

test_trauma_level_unknown_although_not_met if verdict(testdata.both, null, false, false) == "ONBEKEND"

test_no_open_block if verdict([], "1", true, true) == "NIET_VAN_TOEPASSING"

test_no_open_block_and_level_unknown if verdict([], null, true, true) == "NIET_VAN_TOEPASSING"

test_the_level_that_decides_is_among_the_facts if {
	finding := b5.finding with input as answers(testdata.both, "geen", true, true)
	finding.facts == [{
		"question": "trauma.level",
		"block": "",
		"item": "",
		"value": "geen",
		"condition": "niet geen",
		"threshold": "geen",
		"outcome": "onwaar",
	}]
}

test_facts_of_the_level_and_of_each_block if {
	finding := b5.finding with input as answers(testdata.both, "2", true, false)
	[[fact.question, fact.block] | some fact in finding.facts] == [
		["trauma.level", ""],
		["trauma.voldoet_aan_level", "anw"],
		["trauma.voldoet_aan_level", "kantooruren"],
	]
}

verdict(open_blocks, level, kantooruren, anw) := result if {
	result := b5.finding.verdict with input as answers(open_blocks, level, kantooruren, anw)
}

answers(open_blocks, level, kantooruren, anw) := {"year": 2028, "open_blocks": open_blocks, "answers": {
	"trauma.level": level,
	"trauma.voldoet_aan_level": {"kantooruren": kantooruren, "anw": anw},
}}
