package inkoopkader.y2027.schoning_test

import rego.v1

import data.inkoopkader.y2027.schoning
import data.inkoopkader.y2027.testdata_test as testdata

judged(document) := result if {
	result := schoning.judgement with input as document
}

test_declared if judged(testdata.document) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}

test_not_declared if {
	found := judged(testdata.attested("SCHONING", null))
	found.status == "NIET_VOLDAAN"
	found.shortfalls == [{
		"location": "",
		"description": "Verklaar dat de landelijk vastgestelde schoningsafspraken worden nagekomen.",
		"actor": "ZORGAANBIEDER",
		"due_on": "",
	}]
}

test_without_a_document if {
	found := judged(testdata.attested("SCHONING", {"document": ""}))
	found.status == "NIET_VOLDAAN"
	[s.description | some s in found.shortfalls] == ["Vermeld bij de verklaring over de schoning de verwijzing naar het getekende document."]
}

test_not_yet_declared_on_the_day if {
	judged(testdata.attested("SCHONING", {"attested_on": "2026-10-02"})).status == "NIET_VOLDAAN"
}

test_another_declaration_is_none if {
	every kind in ["RIVM_UITVRAAG", "SCHONING", "OVERLOOP_DBC", "TIJDLIJN"] {
		status := judged(testdata.attested(kind, null)).status
		status == {true: "NIET_VOLDAAN", false: "VOLDAAN"}[kind == "SCHONING"]
	}
}
