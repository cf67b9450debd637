package kwaliteitskader.y2028.c10_test

import rego.v1

import data.kwaliteitskader.y2028.c10
import data.kwaliteitskader.y2028.testdata_test as testdata

test_7_minutes if verdict({"triage.gereed_minuten": 7}) == "VOLDOET"

test_8_minutes if verdict({"triage.gereed_minuten": 8}) == "VOLDOET"

test_9_minutes if verdict({"triage.gereed_minuten": 9}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"triage.gereed_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c10.finding.verdict with input as testdata.location(answers)
}
