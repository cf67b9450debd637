package inkoopkader.y2027.lib_test

import rego.v1

import data.inkoopkader.y2027.lib
import data.inkoopkader.y2027.testdata_test as testdata

shortfall := lib.item("een", "Doe iets.", lib.aanbieder, "2026-10-01")

remark := lib.item("", "Let op.", lib.samen, "")

unmet := lib.unmet(shortfall)

unknown := lib.unknown(shortfall)

noted := lib.met_with(remark)

test_not_met_goes_before_unknown if lib.all_of([lib.met, unknown, unmet]).outcome == "onwaar"

test_unknown_goes_before_met if lib.all_of([lib.met, unknown]).outcome == "onbekend"

test_met_when_every_check_is if lib.all_of([lib.met, noted]).outcome == "waar"

test_no_check_is_no_outcome if not lib.all_of([])

test_another_outcome_is_none if not lib.all_of([lib.met, {"outcome": "ja", "shortfalls": [], "remarks": []}])

test_what_is_missing_and_remarked_is_kept_in_order if {
	found := lib.all_of([noted, unmet, unknown])
	found.shortfalls == [shortfall, shortfall]
	found.remarks == [remark]
}

test_judgements if {
	lib.judgement(lib.met) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}
	lib.judgement(noted) == {"status": "VOLDAAN", "shortfalls": [], "remarks": [remark]}
	lib.judgement(unmet) == {"status": "NIET_VOLDAAN", "shortfalls": [shortfall], "remarks": []}
	lib.judgement(unknown) == {"status": "ONBEKEND", "shortfalls": [shortfall], "remarks": []}
}

test_a_location_without_a_check_is_no_judgement if not lib.per_location(["een", "twee"], [lib.met])

test_no_location if lib.per_location([], []).status == "NIET_VAN_TOEPASSING"

passed(due_on) if lib.passed(due_on) with input as testdata.document

test_a_term_ends_with_its_last_day if {
	passed("2026-09-30")
	not passed("2026-10-01")
	not passed("2026-10-02")
	not passed("")
}

declared(found) := result if {
	result := lib.declared("TIJDLIJN", "Verklaar het.").outcome with input as testdata.attested("TIJDLIJN", found)
}

test_declared if {
	declared({"attested_on": "2026-10-01", "document": ""}) == "waar"
	declared({"attested_on": "2026-10-02", "document": ""}) == "onwaar"
	declared(null) == "onwaar"
}

test_a_declaration_without_a_day_is_no_answer if {
	every path in ["attestations/TIJDLIJN/attested_on", "attestations/TIJDLIJN", "attestations"] {
		said := json.remove(testdata.document, [path])
		not lib.declared("TIJDLIJN", "Verklaar het.") with input as said
	}
}

documented(found) := result if {
	result := lib.documented("SCHONING", "Verklaar het.", "Noem het.") with input as testdata.attested("SCHONING", found)
}

test_documented if {
	documented({"attested_on": "2026-10-01", "document": "DOC-1"}).outcome == "waar"
	documented({"attested_on": "2026-10-01", "document": ""}).shortfalls[0].description == "Noem het."
	documented({"attested_on": "2026-10-02", "document": "DOC-1"}).shortfalls[0].description == "Verklaar het."
	documented(null).shortfalls[0].description == "Verklaar het."
}

test_a_declaration_with_a_part_that_is_not_there_is_no_answer if {
	every path in ["attestations/SCHONING/document", "attestations/SCHONING/attested_on", "as_of"] {
		said := json.remove(testdata.document, [path])
		not lib.documented("SCHONING", "Verklaar het.", "Noem het.") with input as said
	}
}

test_locations_that_are_no_list_are_none if {
	not lib.locations with input as testdata.changed({"locations": "een"})
	not lib.applied_for with input as testdata.changed({"locations": "een"})
}

test_a_location_that_is_left_out if {
	found := lib.applied_for with input as testdata.second({"excluded": true})
	[location.name | some location in found] == ["een"]
}

test_whether_a_location_is_left_out_has_to_be_known if {
	not lib.applied_for with input as testdata.second({"excluded": null})
}
