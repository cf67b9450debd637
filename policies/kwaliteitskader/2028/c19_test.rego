package kwaliteitskader.y2028.c19_test

import rego.v1

import data.kwaliteitskader.y2028.c19
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"ecg.bij_aankomst": true}) == "VOLDOET"

test_not_met if verdict({"ecg.bij_aankomst": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"ecg.bij_aankomst": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c19.finding.verdict with input as testdata.location(answers)
}
