# METADATA
# scope: package
# title: Transparantie
# description: >-
#   Per SEH-locatie zijn de antwoorden op de RIVM-uitvraag aangeleverd, op tijd en volledig, en zijn de drie indicatoren
#   over het peiljaar gedeeld. Op tijd is: uiterlijk op de dag waarop het RIVM de voorlopige antwoorden opleverde; een
#   latere verbetering doet daar niet aan af. Volledig is: geen norm en geen voorwaardelijke eis bleef bij de laatste
#   toets onbekend; of ook alle andere vragen zijn beantwoord, verklaart de zorgaanbieder. Een ligduur mag alleen
#   ontbreken als er geen SEH-bezoek was. Een locatie die er nog niet was, hoefde niets aan te leveren.
# custom:
#   number: 1
#   source: "Inkoopkader budgetbekostiging SEH, 1. Transparantie, 1 en 2"
#   quotation: >-
#     De Zorgaanbieder heeft alle door het RIVM uitgevraagde informatie tijdig en volledig aangeleverd.
#   remedy: >-
#     Lever de ontbrekende antwoorden en indicatoren aan, en leg vast dat de uitvraag is beantwoord.
package inkoopkader.y2028.transparantie

import rego.v1

import data.inkoopkader.y2028.lib

judgement := lib.not_applicable if {
	nothing_to_share
} else := lib.judgement(lib.all_of(array.concat([declaration], of_locations))) if {
	count(of_locations) == count(lib.locations)
}

# Of no location anything could have been asked: the provider, or all that it has, is newer than that.
nothing_to_share if {
	every location in lib.locations {
		not_asked(location)
		no_reference_year(location)
	}
}

not_asked(location) if location.opened_on > input.delivered_on

no_reference_year(location) if location.opened_on > input.reference_end

declaration := lib.declared("RIVM_UITVRAAG", "Verklaar dat de RIVM-uitvraag tijdig en volledig is beantwoord.")

of_locations := [c |
	some location in lib.locations
	c := lib.all_of([delivery(location), completeness(location), indicators(location)])
]

delivery(location) := lib.met if {
	not_asked(location)
} else := lib.unmet(lib.item(location.name, undelivered, lib.aanbieder, input.delivered_on)) if {
	is_null(location.answers)
} else := lib.met if {
	location.answers.delivered_on <= input.delivered_on
} else := lib.unmet(lib.item(location.name, late, lib.aanbieder, input.delivered_on)) if {
	location.answers.delivered_on > input.delivered_on
}

undelivered := sprintf("Lever de antwoorden op de RIVM-uitvraag van %d aan.", [input.survey_year])

late := "De antwoorden zijn pas aangeleverd na de dag waarop het RIVM de voorlopige antwoorden opleverde."

completeness(location) := lib.met if {
	not_asked(location)
} else := lib.met if {
	# That they are missing is said above.
	is_null(location.answers)
} else := lib.unknown(lib.item(location.name, unassessed, lib.verzekeraars, lib.no_term)) if {
	is_null(location.assessment)
} else := lib.unknown(lib.item(location.name, outdated, lib.verzekeraars, lib.no_term)) if {
	location.assessment.submission_revision != location.answers.revision
} else := lib.unmet(lib.item(location.name, incomplete, lib.aanbieder, lib.no_term)) if {
	"ONVOLLEDIG" in location.assessment.routes
} else := lib.met if {
	location.assessment.submission_revision == location.answers.revision
	count(location.assessment.routes) > 0
}

unassessed := "Toets de antwoorden; pas daarna is bekend of zij volledig zijn."

outdated := "Toets de laatste antwoorden; pas daarna is bekend of zij volledig zijn."

incomplete := "Vul de antwoorden aan: een of meer normen konden bij de laatste toets niet worden beoordeeld."

indicators(location) := lib.met if {
	no_reference_year(location)
} else := lib.unmet(lib.item(location.name, unshared, lib.aanbieder, lib.no_term)) if {
	is_null(location.indicators)
} else := lib.unmet(lib.item(location.name, partly_shared(absent), lib.aanbieder, lib.no_term)) if {
	absent := missing(location.indicators)
	count(absent) > 0
} else := lib.met if {
	is_object(location.indicators)
}

unshared := sprintf("Deel de drie indicatoren over %d.", [input.reference_year])

partly_shared(absent) := sprintf("Deel over %d ook: %v.", [input.reference_year, concat(", ", absent)])

parts := [
	{"id": "seh_visits", "title": "het aantal SEH-bezoeken"},
	{"id": "ehh_visits", "title": "het aantal bezoeken aan de Eerste Hart Hulp"},
	{"id": "seh_stops", "title": "het aantal SEH-stops"},
	{"id": "mean_length_of_stay_tenths", "title": "de gemiddelde ligduur"},
	{"id": "median_length_of_stay_tenths", "title": "de mediane ligduur"},
]

missing(given) := [part.title |
	some part in parts
	is_null(object.get(given, part.id, null))
	not without_visits(given, part.id)
]

# There is no length of stay of no visit.
without_visits(given, id) if {
	given.seh_visits == 0
	id in {"mean_length_of_stay_tenths", "median_length_of_stay_tenths"}
}
