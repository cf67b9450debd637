package kwaliteitskader.y2027.c10_test

import rego.v1

import data.kwaliteitskader.y2027.c10
import data.kwaliteitskader.y2027.testdata_test as testdata

test_9_minutes if verdict({"triage.gereed_minuten": 9}) == "VOLDOET"

test_10_minutes if verdict({"triage.gereed_minuten": 10}) == "VOLDOET"

test_11_minutes if verdict({"triage.gereed_minuten": 11}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"triage.gereed_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c10.finding.verdict with input as testdata.location(answers)
}
