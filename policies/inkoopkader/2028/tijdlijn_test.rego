package inkoopkader.y2028.tijdlijn_test

import rego.v1

import data.inkoopkader.y2028.testdata_test as testdata
import data.inkoopkader.y2028.tijdlijn

judged(document) := result if {
	result := tijdlijn.judgement with input as document
}

filed(deadline, submitted_on) := testdata.changed({"filing_deadline": deadline, "submitted_on": submitted_on})

test_within_the_term_it_is_only_remarked if judged(testdata.document) == {
	"status": "VOLDAAN",
	"shortfalls": [],
	"remarks": [{
		"location": "",
		"description": "Dien de aanvraag in bij de NZa.",
		"actor": "SAMEN",
		"due_on": "2026-11-01",
	}],
}

test_the_last_day if judged(filed("2026-10-01", "")).status == "VOLDAAN"

test_past_the_last_day if judged(filed("2026-09-30", "")) == {
	"status": "NIET_VOLDAAN",
	"shortfalls": [{
		"location": "",
		"description": "De uiterste dag om de aanvraag in te dienen is verstreken zonder ingediende aanvraag.",
		"actor": "SAMEN",
		"due_on": "2026-09-30",
	}],
	"remarks": [],
}

test_handed_in if {
	judged(filed("2026-09-30", "2026-09-20")) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}
}

test_a_last_day_that_is_not_set_only_warns if {
	found := judged(filed("", ""))
	found.status == "VOLDAAN"
	[[r.description, r.actor, r.due_on] | some r in found.remarks] == [[
		"De uiterste dag om de aanvraag in te dienen is niet ingesteld; zij staat in BR/REG-26150.",
		"VERZEKERAARS",
		"",
	]]
}

test_not_declared if {
	found := judged(testdata.attested("TIJDLIJN", null))
	found.status == "NIET_VOLDAAN"
	[[s.description, s.actor] | some s in found.shortfalls] == [[
		"Verklaar dat de tijdlijnen van de NZa en de afspraken met de branchepartijen worden gevolgd.",
		"ZORGAANBIEDER",
	]]
}

test_a_declaration_needs_no_document if {
	judged(testdata.attested("TIJDLIJN", {"document": ""})).status == "VOLDAAN"
}

test_a_fact_that_is_not_there_is_no_pass if {
	not judged(json.remove(testdata.document, ["filing_deadline"]))
	judged(filed("2026-09-30", null)).status == "NIET_VOLDAAN"
	not tijdlijn.filing with input as json.remove(testdata.document, ["as_of"])
}
