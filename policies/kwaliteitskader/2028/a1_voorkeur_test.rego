package kwaliteitskader.y2028.a1_voorkeur_test

import rego.v1

import data.kwaliteitskader.y2028.a1_voorkeur
import data.kwaliteitskader.y2028.testdata_test as testdata

met := {
	"arts.specialist_aanwezig": "altijd",
	"arts.als_afgerond": true,
	"arts.apls_afgerond": true,
}

no := {
	"arts.specialist_aanwezig": "niet_altijd",
	"arts.als_afgerond": false,
	"arts.apls_afgerond": false,
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

test_without_specialist_aanwezig if verdict(testdata.both, met, without("arts.specialist_aanwezig")) == "VOLDOET_NIET"

test_without_als_afgerond if verdict(testdata.both, met, without("arts.als_afgerond")) == "VOLDOET_NIET"

test_without_apls_afgerond if verdict(testdata.both, met, without("arts.apls_afgerond")) == "VOLDOET_NIET"

test_one_answer_unknown if {
	some_unknown := object.union(met, {"arts.apls_afgerond": null})
	verdict(testdata.both, met, some_unknown) == "ONBEKEND"
}

# Every answer as it should be, but one.
without(question) := object.union(met, {question: no[question]})

verdict(open_blocks, kantooruren, anw) := result if {
	result := a1_voorkeur.finding.verdict with input as testdata.per_block(open_blocks, kantooruren, anw)
}
