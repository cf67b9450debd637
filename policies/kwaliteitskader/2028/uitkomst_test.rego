package kwaliteitskader.uitkomst.y2028_test

import rego.v1

import data.kwaliteitskader.uitkomst.y2028 as uitkomst

# Whatever the input, every norm has a finding of the same shape.
inputs := [
	{"year": 2028, "open_blocks": ["anw", "kantooruren"], "answers": {}},
	{"year": 2028, "open_blocks": [], "answers": {}},
	{"year": 2028, "open_blocks": ["anw"], "answers": {"arts.als_afgerond": null, "ic.beschikbaar": null}},
	{"year": 2028, "open_blocks": null, "answers": null},
	{"year": 2028},
]

test_every_norm_has_a_finding if {
	every case in inputs {
		findings := uitkomst.findings with input as case
		count(findings) == 28
	}
}

test_every_finding_has_a_verdict_and_facts if {
	every case in inputs {
		findings := uitkomst.findings with input as case
		every finding in findings {
			object.keys(finding) == {"verdict", "facts"}
			finding.verdict in {"ONBEKEND", "NIET_VAN_TOEPASSING"}
			is_array(finding.facts)
		}
	}
}

test_nothing_else_is_gathered if {
	findings := uitkomst.findings with input as inputs[0]
	not findings.lib
	not findings.thresholds
}
