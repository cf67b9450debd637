package kwaliteitskader.y2028.c24_test

import rego.v1

import data.kwaliteitskader.y2028.c24
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"huisarts.bericht_24_uur": "altijd"}) == "VOLDOET"

test_not_met if verdict({"huisarts.bericht_24_uur": "niet_altijd"}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"huisarts.bericht_24_uur": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c24.finding.verdict with input as testdata.location(answers)
}
