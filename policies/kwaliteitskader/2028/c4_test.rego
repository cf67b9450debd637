package kwaliteitskader.y2028.c4_test

import rego.v1

import data.kwaliteitskader.y2028.c4
import data.kwaliteitskader.y2028.testdata_test as testdata

test_4_minutes if verdict({"luchtweg.maximaal_minuten": 4}) == "VOLDOET"

test_5_minutes if verdict({"luchtweg.maximaal_minuten": 5}) == "VOLDOET"

test_6_minutes if verdict({"luchtweg.maximaal_minuten": 6}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"luchtweg.maximaal_minuten": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c4.finding.verdict with input as testdata.location(answers)
}
