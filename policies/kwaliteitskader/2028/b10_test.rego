package kwaliteitskader.y2028.b10_test

import rego.v1

import data.kwaliteitskader.y2028.b10
import data.kwaliteitskader.y2028.testdata_test as testdata

test_13_specialisms if verdict(13, 6) == "VOLDOET_NIET"

test_14_specialisms if verdict(14, 6) == "VOLDOET"

test_15_specialisms if verdict(15, 6) == "VOLDOET"

test_5_supporting_professions if verdict(14, 5) == "VOLDOET_NIET"

test_6_supporting_professions if verdict(14, 6) == "VOLDOET"

test_7_supporting_professions if verdict(14, 7) == "VOLDOET"

test_nothing_answered if verdict(null, null) == "ONBEKEND"

test_first_unknown if verdict(null, 6) == "ONBEKEND"

test_second_unknown if verdict(14, null) == "ONBEKEND"

test_unknown_does_not_hide_not_met if verdict(13, null) == "VOLDOET_NIET"

verdict(first, second) := result if {
	result := b10.finding.verdict with input as testdata.location({
		"specialismen.bereikbaar_aantal": first,
		"ondersteuning.bereikbaar_aantal": second,
	})
}
