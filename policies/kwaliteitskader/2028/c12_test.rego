package kwaliteitskader.y2028.c12_test

import rego.v1

import data.kwaliteitskader.y2028.c12
import data.kwaliteitskader.y2028.testdata_test as testdata

test_59_minutes if verdict({"laboratorium.chemie_minuten": 59}) == "VOLDOET"

test_60_minutes if verdict({"laboratorium.chemie_minuten": 60}) == "VOLDOET"

test_61_minutes if verdict({"laboratorium.chemie_minuten": 61}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"laboratorium.chemie_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c12.finding.verdict with input as testdata.location(answers)
}
