package kwaliteitskader.y2028.c8_test

import rego.v1

import data.kwaliteitskader.y2028.c8
import data.kwaliteitskader.y2028.testdata_test as testdata

test_accepted_systems if {
	every system in ["MTS", "ESI", "NTS"] {
		verdict({"triage.systeem": system}) == "VOLDOET"
	}
}

test_another_system if verdict({"triage.systeem": "anders"}) == "VOLDOET_NIET"

test_no_system if verdict({"triage.systeem": "geen"}) == "VOLDOET_NIET"

test_not_answered if verdict({}) == "ONBEKEND"

test_answered_null if verdict({"triage.systeem": null}) == "ONBEKEND"

test_the_accepted_systems_are_among_the_facts if {
	finding := c8.finding with input as testdata.location({"triage.systeem": "anders"})
	finding.facts[0].condition == "een van MTS, ESI, NTS"
	finding.facts[0].threshold == ["MTS", "ESI", "NTS"]
}

verdict(answers) := result if {
	result := c8.finding.verdict with input as testdata.location(answers)
}
