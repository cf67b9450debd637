package kwaliteitskader.y2028.c16_test

import rego.v1

import data.kwaliteitskader.y2028.c16
import data.kwaliteitskader.y2028.testdata_test as testdata

test_59_minutes_to_ct if verdict(59, 30) == "VOLDOET"

test_60_minutes_to_ct if verdict(60, 30) == "VOLDOET"

test_61_minutes_to_ct if verdict(61, 30) == "VOLDOET_NIET"

test_29_minutes_to_reading if verdict(60, 29) == "VOLDOET"

test_30_minutes_to_reading if verdict(60, 30) == "VOLDOET"

test_31_minutes_to_reading if verdict(60, 31) == "VOLDOET_NIET"

test_nothing_answered if verdict(null, null) == "ONBEKEND"

test_first_unknown if verdict(null, 30) == "ONBEKEND"

test_second_unknown if verdict(60, null) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(61, null) == "VOLDOET_NIET"

verdict(first, second) := result if {
	result := c16.finding.verdict with input as testdata.location({
		"radiologie.ct_minuten": first,
		"radiologie.ct_beoordeling_minuten": second,
	})
}
