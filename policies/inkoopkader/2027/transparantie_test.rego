package inkoopkader.y2027.transparantie_test

import rego.v1

import data.inkoopkader.y2027.testdata_test as testdata
import data.inkoopkader.y2027.transparantie

judged(document) := result if {
	result := transparantie.judgement with input as document
}

# The status, and what is missing with the location and who has to act.
said(document) := [found.status, [[s.location, s.description, s.actor, s.due_on] | some s in found.shortfalls]] if {
	found := judged(document)
}

indicators(changes) := testdata.at({"indicators": object.union(testdata.location.indicators, changes)})

test_everything_is_there if judged(testdata.document) == {"status": "VOLDAAN", "shortfalls": [], "remarks": []}

test_no_answers if said(testdata.second({"answers": null})) == ["NIET_VOLDAAN", [[
	"twee",
	"Lever de antwoorden op de RIVM-uitvraag van 2026 aan.",
	"ZORGAANBIEDER",
	"2026-06-15",
]]]

test_answers_of_a_day_late if said(testdata.at({"answers": {"delivered_on": "2026-06-16", "revision": 1}})) == ["NIET_VOLDAAN", [[
	"een",
	"De antwoorden zijn pas aangeleverd na de dag waarop het RIVM de voorlopige antwoorden opleverde.",
	"ZORGAANBIEDER",
	"2026-06-15",
]]]

test_not_assessed if said(testdata.at({"assessment": null})) == ["ONBEKEND", [[
	"een",
	"Toets de antwoorden; pas daarna is bekend of zij volledig zijn.",
	"VERZEKERAARS",
	"",
]]]

test_corrected_since_the_assessment if said(testdata.at({"answers": {"revision": 2}})) == ["ONBEKEND", [[
	"een",
	"Toets de laatste antwoorden; pas daarna is bekend of zij volledig zijn.",
	"VERZEKERAARS",
	"",
]]]

test_incomplete if said(testdata.at({"assessment": {"routes": ["HERSTELTERMIJN", "ONVOLLEDIG"]}})) == ["NIET_VOLDAAN", [[
	"een",
	"Vul de antwoorden aan: een of meer normen konden bij de laatste toets niet worden beoordeeld.",
	"ZORGAANBIEDER",
	"",
]]]

test_a_norm_that_is_not_met_is_no_lack_of_transparency if {
	judged(testdata.at({"assessment": {"routes": ["HERSTELTERMIJN", "VERBETERPLAN"]}})).status == "VOLDAAN"
}

test_no_indicators if said(testdata.at({"indicators": null})) == ["NIET_VOLDAAN", [[
	"een",
	"Deel de drie indicatoren over 2025.",
	"ZORGAANBIEDER",
	"",
]]]

test_each_part_of_the_indicators if {
	every id, title in {
		"seh_visits": "het aantal SEH-bezoeken",
		"ehh_visits": "het aantal bezoeken aan de Eerste Hart Hulp",
		"seh_stops": "het aantal SEH-stops",
		"mean_length_of_stay_tenths": "de gemiddelde ligduur",
		"median_length_of_stay_tenths": "de mediane ligduur",
	} {
		text := sprintf("Deel over 2025 ook: %v.", [title])
		said(indicators({id: null})) == ["NIET_VOLDAAN", [["een", text, "ZORGAANBIEDER", ""]]]
	}
}

test_several_parts if {
	found := judged(indicators({"seh_stops": null, "ehh_visits": null}))
	found.shortfalls[0].description == "Deel over 2025 ook: het aantal bezoeken aan de Eerste Hart Hulp, het aantal SEH-stops."
}

test_without_visits_there_is_no_length_of_stay if {
	lengths := {"mean_length_of_stay_tenths": null, "median_length_of_stay_tenths": null}
	judged(indicators(object.union(lengths, {"seh_visits": 0}))).status == "VOLDAAN"
	judged(indicators(object.union(lengths, {"seh_visits": 1}))).status == "NIET_VOLDAAN"
	judged(indicators(object.union(lengths, {"seh_visits": null}))).status == "NIET_VOLDAAN"
	judged(indicators({"seh_visits": 0, "seh_stops": null})).status == "NIET_VOLDAAN"
}

test_no_declaration if said(testdata.attested("RIVM_UITVRAAG", null)) == ["NIET_VOLDAAN", [[
	"",
	"Verklaar dat de RIVM-uitvraag tijdig en volledig is beantwoord.",
	"ZORGAANBIEDER",
	"",
]]]

test_not_met_goes_before_unknown if {
	found := judged(testdata.second({"assessment": null, "indicators": null}))
	found.status == "NIET_VOLDAAN"
	count(found.shortfalls) == 2
}

test_a_location_that_is_left_out_of_the_application_tells_too if {
	judged(testdata.at({"excluded": true, "indicators": null})).status == "NIET_VOLDAAN"
}

unheard := {"answers": null, "indicators": null, "assessment": null}

opened(day) := object.union(unheard, {"opened_on": day})

test_a_location_that_was_not_there_yet if {
	judged(testdata.second(opened("2026-06-16"))).status == "VOLDAAN"
}

test_a_location_that_was_there_on_the_last_day if {
	judged(testdata.second(opened("2026-06-15"))).status == "NIET_VOLDAAN"
}

test_a_location_of_after_the_reference_year if {
	found := said(testdata.at({"opened_on": "2026-01-01", "indicators": null}))
	found == ["VOLDAAN", []]
	said(testdata.at({"opened_on": "2025-12-31", "indicators": null}))[0] == "NIET_VOLDAAN"
}

test_a_location_that_was_not_asked_but_has_a_reference_year if {
	opened_between := testdata.at(opened("2025-09-01"))
	judged(object.union(opened_between, {"delivered_on": "2025-06-15"})).status == "NIET_VOLDAAN"
}

test_only_new_locations if judged(testdata.at(opened("2027-01-01"))).status == "NIET_VAN_TOEPASSING"

test_no_location if judged(testdata.changed({"locations": []})).status == "NIET_VAN_TOEPASSING"

test_a_fact_that_is_not_there_is_no_pass if {
	every path in ["answers", "indicators", "assessment", "answers/revision", "answers/delivered_on", "assessment/routes"] {
		not judged(json.remove(testdata.document, [concat("/", ["locations/0", path])]))
	}
	not judged(testdata.at({"assessment": {"routes": []}}))
}
