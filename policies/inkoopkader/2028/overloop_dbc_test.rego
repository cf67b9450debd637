package inkoopkader.y2028.overloop_dbc_test

import rego.v1

import data.inkoopkader.y2028.overloop_dbc
import data.inkoopkader.y2028.testdata_test as testdata

judged(document) := result if {
	result := overloop_dbc.judgement with input as document
}

test_declared if judged(testdata.document) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}

test_not_declared if {
	found := judged(testdata.attested("OVERLOOP_DBC", null))
	found.status == "NIET_VOLDAAN"
	found.shortfalls == [{
		"location": "",
		"description": "Verklaar dat de dubbele bekostiging van overlopende DBC-zorgtrajecten volledig wordt geneutraliseerd.",
		"actor": "ZORGAANBIEDER",
		"due_on": "",
	}]
}

test_without_a_document if {
	found := judged(testdata.attested("OVERLOOP_DBC", {"document": ""}))
	found.status == "NIET_VOLDAAN"
	[s.description | some s in found.shortfalls] == ["Vermeld bij de verklaring over de overloop-DBC's de verwijzing naar het getekende document."]
}

test_not_yet_declared_on_the_day if {
	judged(testdata.attested("OVERLOOP_DBC", {"attested_on": "2026-10-02"})).status == "NIET_VOLDAAN"
}

test_another_declaration_is_none if {
	every kind in ["RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN"] {
		status := judged(testdata.attested(kind, null)).status
		status == {true: "NIET_VOLDAAN", false: "VOLDAAN"}[kind == "OVERLOOP_DBC"]
	}
}

test_without_a_year_there_is_no_judgement if not judged(json.remove(testdata.document, ["budget_year"]))

test_a_later_year if {
	document := object.union(testdata.attested("OVERLOOP_DBC", null), {"budget_year": 2028})
	judged(document) == {"status": "NIET_VAN_TOEPASSING", "shortfalls": [], "remarks": []}
}
