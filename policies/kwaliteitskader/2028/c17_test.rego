package kwaliteitskader.y2028.c17_test

import rego.v1

import data.kwaliteitskader.y2028.c17
import data.kwaliteitskader.y2028.testdata_test as testdata

test_met if verdict({"echo.afspraken": true}) == "VOLDOET"

test_not_met if verdict({"echo.afspraken": false}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"echo.afspraken": null}) == "ONBEKEND"

verdict(answers) := result if {
	result := c17.finding.verdict with input as testdata.location(answers)
}
