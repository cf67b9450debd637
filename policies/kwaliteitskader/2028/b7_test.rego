package kwaliteitskader.y2028.b7_test

import rego.v1

import data.kwaliteitskader.y2028.b7
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"ic.beschikbaar": true}) == "VOLDOET"

test_not_met if verdict({"ic.beschikbaar": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"ic.beschikbaar": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := b7.finding.verdict with input as testdata.location(answers)
}
