package kwaliteitskader.y2028.c15_test

import rego.v1

import data.kwaliteitskader.y2028.c15
import data.kwaliteitskader.y2028.testdata_test as testdata

test_29_minutes if verdict({"radiologie.rontgen_minuten": 29}) == "VOLDOET"

test_30_minutes if verdict({"radiologie.rontgen_minuten": 30}) == "VOLDOET"

test_31_minutes if verdict({"radiologie.rontgen_minuten": 31}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"radiologie.rontgen_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c15.finding.verdict with input as testdata.location(answers)
}
