package kwaliteitskader.y2028.d1_test

import rego.v1

import data.kwaliteitskader.y2028.d1
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"kindermishandeling.signalering": true}) == "VOLDOET"

test_not_met if verdict({"kindermishandeling.signalering": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"kindermishandeling.signalering": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := d1.finding.verdict with input as testdata.location(answers)
}
