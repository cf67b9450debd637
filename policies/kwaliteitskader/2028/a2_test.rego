package kwaliteitskader.y2028.a2_test

import rego.v1

import data.kwaliteitskader.y2028.a2
import data.kwaliteitskader.y2028.testdata_test as testdata

met := {
	"verpleegkundige.aanwezig": "altijd",
	"verpleegkundige.werkervaring_seh": true,
	"verpleegkundige.basisopleiding": true,
	"verpleegkundige.vervolgopleiding_seh": true,
	"verpleegkundige.triage_training": true,
	"verpleegkundige.trauma_training": true,
	"verpleegkundige.kind_training": true,
}

no := {
	"verpleegkundige.aanwezig": "niet_altijd",
	"verpleegkundige.werkervaring_seh": false,
	"verpleegkundige.basisopleiding": false,
	"verpleegkundige.vervolgopleiding_seh": false,
	"verpleegkundige.triage_training": false,
	"verpleegkundige.trauma_training": false,
	"verpleegkundige.kind_training": false,
}

test_met_in_both_blocks if verdict(testdata.both, met, met) == "VOLDOET"

test_not_met_in_both_blocks if verdict(testdata.both, no, no) == "VOLDOET_NIET"

test_not_met_in_anw_only if verdict(testdata.both, met, no) == "VOLDOET_NIET"

test_not_met_in_kantooruren_only if verdict(testdata.both, no, met) == "VOLDOET_NIET"

test_unknown_in_anw_only if verdict(testdata.both, met, {}) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(testdata.both, no, {}) == "VOLDOET_NIET"

test_nothing_answered if verdict(testdata.both, {}, {}) == "ONBEKEND"

test_answer_for_a_closed_block_is_ignored if verdict(["kantooruren"], met, no) == "VOLDOET"

test_no_open_block if verdict([], met, met) == "NIET_VAN_TOEPASSING"

test_without_aanwezig if verdict(testdata.both, met, without("verpleegkundige.aanwezig")) == "VOLDOET_NIET"

test_without_werkervaring_seh if verdict(testdata.both, met, without("verpleegkundige.werkervaring_seh")) == "VOLDOET_NIET"

test_without_basisopleiding if verdict(testdata.both, met, without("verpleegkundige.basisopleiding")) == "VOLDOET_NIET"

test_without_vervolgopleiding_seh if verdict(testdata.both, met, without("verpleegkundige.vervolgopleiding_seh")) == "VOLDOET_NIET"

test_without_triage_training if verdict(testdata.both, met, without("verpleegkundige.triage_training")) == "VOLDOET_NIET"

test_without_trauma_training if verdict(testdata.both, met, without("verpleegkundige.trauma_training")) == "VOLDOET_NIET"

test_without_kind_training if verdict(testdata.both, met, without("verpleegkundige.kind_training")) == "VOLDOET_NIET"

test_one_answer_unknown if {
	some_unknown := object.union(met, {"verpleegkundige.kind_training": null})
	verdict(testdata.both, met, some_unknown) == "ONBEKEND"
}

# Every answer as it should be, but one.
without(question) := object.union(met, {question: no[question]})

verdict(open_blocks, kantooruren, anw) := result if {
	result := a2.finding.verdict with input as testdata.per_block(open_blocks, kantooruren, anw)
}
