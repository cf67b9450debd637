package kwaliteitskader.y2028.c20_test

import rego.v1

import data.kwaliteitskader.y2028.c20
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"regie.eindverantwoordelijke": true}) == "VOLDOET"

test_not_met if verdict({"regie.eindverantwoordelijke": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"regie.eindverantwoordelijke": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c20.finding.verdict with input as testdata.location(answers)
}
