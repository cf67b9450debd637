package kwaliteitskader.y2028.c13_test

import rego.v1

import data.kwaliteitskader.y2028.c13
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"laboratorium.microbiologie_cito": true}) == "VOLDOET"

test_not_met if verdict({"laboratorium.microbiologie_cito": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"laboratorium.microbiologie_cito": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c13.finding.verdict with input as testdata.location(answers)
}
