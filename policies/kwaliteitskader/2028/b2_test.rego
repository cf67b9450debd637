package kwaliteitskader.y2028.b2_test

import rego.v1

import data.kwaliteitskader.y2028.b2
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"triage.start_binnen_5_minuten": "altijd"}) == "VOLDOET"

test_not_met if verdict({"triage.start_binnen_5_minuten": "niet_altijd"}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"triage.start_binnen_5_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := b2.finding.verdict with input as testdata.location(answers)
}
