package kwaliteitskader.y2028.b3_test

import rego.v1

import data.kwaliteitskader.y2028.b3
import data.kwaliteitskader.y2028.testdata_test as testdata

met := {"geriatrie.consult_bereikbaar": "altijd"}

unmet := {"geriatrie.consult_bereikbaar": "niet_altijd"}

test_met_in_both_blocks if verdict(testdata.both, met, met) == "VOLDOET"

test_not_met_in_both_blocks if verdict(testdata.both, unmet, unmet) == "VOLDOET_NIET"

test_not_met_in_anw_only if verdict(testdata.both, met, unmet) == "VOLDOET_NIET"

test_not_met_in_kantooruren_only if verdict(testdata.both, unmet, met) == "VOLDOET_NIET"

test_unknown_in_anw_only if verdict(testdata.both, met, {}) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(testdata.both, unmet, {}) == "VOLDOET_NIET"

test_nothing_answered if verdict(testdata.both, {}, {}) == "ONBEKEND"

test_answer_for_a_closed_block_is_ignored if verdict(["kantooruren"], met, unmet) == "VOLDOET"

test_no_open_block if verdict([], met, met) == "NIET_VAN_TOEPASSING"

verdict(open_blocks, kantooruren, anw) := result if {
	result := b3.finding.verdict with input as testdata.per_block(open_blocks, kantooruren, anw)
}
