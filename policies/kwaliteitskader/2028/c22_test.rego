package kwaliteitskader.y2028.c22_test

import rego.v1

import data.kwaliteitskader.y2028.c22
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"regie.kinderen_afspraken": true}) == "VOLDOET"

test_not_met if verdict({"regie.kinderen_afspraken": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"regie.kinderen_afspraken": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c22.finding.verdict with input as testdata.location(answers)
}
