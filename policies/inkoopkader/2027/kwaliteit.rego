# METADATA
# scope: package
# title: Kwaliteit
# description: >-
#   Elke SEH-locatie voldoet volgens haar laatste toets, of heeft voor de overige normen een verbeterplan ingediend
#   terwijl de termijn niet is verstreken: voor een ingediend plan die om het samen op te stellen, voor een plan waarmee
#   is ingestemd die om te voldoen. De twee voorwaardelijke eisen zijn een voorwaarde om in aanmerking te komen
#   voor een afspraak, en een verbeterplan is daarvoor niet mogelijk: zolang een van beide niet is gehaald, is niet
#   voldaan, ook binnen de hersteltermijn. Een tijdelijke uitzondering die geldt, wordt geaccepteerd en houdt niet tegen
#   (AMB-48). Een locatie waarover is besloten geen aanvraag of geen budget overeen te komen, blijft buiten de aanvraag
#   (AMB-24). Wat niet of nog niet opnieuw is getoetst, is onbekend.
# custom:
#   number: 2
#   source: "Inkoopkader budgetbekostiging SEH, 2. Kwaliteit, 1 en bijlage A, stap 2"
#   quotation: >-
#     De Zorgaanbieder verleent alleen SEH-zorg die ten minste voldoet aan het Kwaliteitskader Spoedzorgketen en de
#     overige minimum volume- en kwaliteitsnormen van de bij de spoedzorg betrokken beroepsgroepen; voldoet een
#     Zorgaanbieder niet aan één of meerdere eisen uit het Kwaliteitskader Spoedzorgketen, dan stellen zorgaanbieder en
#     representerende verzekeraars een verbeterplan op.
#   remedy: >-
#     Voldoe aan de normen, of dien een verbeterplan in; voor de voorwaardelijke eisen kan dat laatste niet.
package inkoopkader.y2027.kwaliteit

import rego.v1

import data.inkoopkader.y2027.lib

judgement := lib.per_location(lib.applied_for, [c |
	some location in lib.applied_for
	c := standing(location)
])

# What the latest assessment of a location leads to.
standing(location) := lib.unknown(lib.item(location.name, unassessed, lib.verzekeraars, lib.no_term)) if {
	is_null(location.assessment)
} else := lib.unknown(lib.item(location.name, outdated, lib.verzekeraars, lib.no_term)) if {
	location.assessment.submission_revision != revision(location.answers)
} else := lib.all_of(routes) if {
	location.assessment.submission_revision == revision(location.answers)
	is_array(location.assessment.routes)
	routes := [c | some name in location.assessment.routes; c := route(name, location)]
	count(routes) == count(location.assessment.routes)
}

unassessed := "Toets de locatie; of zij aan de normen voldoet is niet bekend."

outdated := "Toets de locatie opnieuw: de antwoorden zijn na de laatste toets verbeterd."

# Nothing was handed in: nothing is newer than the assessment.
revision(answers) := 0 if {
	is_null(answers)
} else := answers.revision

route("VOLDOET", _) := lib.met

route("ONVOLLEDIG", location) := lib.unknown(lib.item(location.name, incomplete, lib.aanbieder, lib.no_term))

route("HERSTELTERMIJN", location) := in_case("HERSTEL", location)

route("VERBETERPLAN", location) := in_case("VERBETERPLAN", location)

incomplete := "Vul de antwoorden aan: van een of meer normen is niet bekend of eraan wordt voldaan."

in_case(track, location) := lib.unmet(lib.item(location.name, no_case, lib.verzekeraars, lib.no_term)) if {
	is_null(location.cases[track])
} else := excepted(location.name, location.cases[track]) if {
	location.cases[track].state == "TIJDELIJKE_UITZONDERING"
} else := lib.unmet(lib.item(location.name, step.description, step.actor, location.cases[track].due_on)) if {
	lib.passed(location.cases[track].due_on)
	step := overdue[location.cases[track].state]
} else := lib.met if {
	location.cases[track].state == "VERBETERPLAN_LOOPT"
	is_string(location.cases[track].due_on)
} else := lib.met_with(lib.item(location.name, to_agree, lib.verzekeraars, location.cases[track].due_on)) if {
	location.cases[track].state == "VERBETERPLAN_INGEDIEND"
} else := lib.unmet(lib.item(location.name, step.description, step.actor, location.cases[track].due_on)) if {
	step := next[location.cases[track].state]
}

no_case := "Toets de locatie opnieuw, zodat er een dossier is: aan een of meer normen wordt niet voldaan."

to_agree := "Stem in met het ingediende verbeterplan, of stuur het terug."

# The last day on which an exception holds is that day included.
excepted(name, found) := lib.met_with(lib.item(name, exception, lib.samen, found.exception_until)) if {
	found.exception_until >= input.as_of
} else := lib.unmet(lib.item(name, exception_over, lib.samen, found.exception_until))

exception := "Er geldt een tijdelijke uitzondering; daarna moet aan de normen worden voldaan."

exception_over := "De tijdelijke uitzondering geldt op deze dag niet meer, en aan de normen wordt niet voldaan."

# What to do once the term of a state has passed.
overdue := {
	"HERSTELTERMIJN": {
		"description": "De hersteltermijn is verstreken: voldoe alsnog, of neem een besluit.",
		"actor": lib.samen,
	},
	"VERBETERPLAN_OPSTELLEN": {
		"description": "De termijn voor het verbeterplan is verstreken: dien het alsnog in, of begin de afweging.",
		"actor": lib.samen,
	},
	"VERBETERPLAN_INGEDIEND": {
		"description": "De termijn voor het verbeterplan is verstreken zonder instemming: stem in, of begin de afweging.",
		"actor": lib.verzekeraars,
	},
	"VERBETERPLAN_LOOPT": {
		"description": "De termijn van het verbeterplan is verstreken: voldoe alsnog, of begin de afweging.",
		"actor": lib.samen,
	},
}

# What to do in every other state.
next := {
	"VASTSTELLING": {
		"description": "Leg vast dat aan een voorwaardelijke eis niet wordt voldaan; dan begint de hersteltermijn.",
		"actor": lib.verzekeraars,
	},
	"HERSTELTERMIJN": {
		"description": "Voldoe aan de voorwaardelijke eisen; een verbeterplan is daarvoor niet mogelijk.",
		"actor": lib.aanbieder,
	},
	"VERBETERPLAN_OPSTELLEN": {
		"description": "Stel in overleg met de representerende zorgverzekeraars een verbeterplan op en dien het in.",
		"actor": lib.aanbieder,
	},
	"AFWEGING": {
		"description": "Rond de afweging tussen toegankelijkheid en kwaliteit af.",
		"actor": lib.samen,
	},
	"BESLUIT_VOORGELEGD": {
		"description": "Stem over het besluit dat is voorgelegd.",
		"actor": lib.verzekeraars,
	},
	"VOLDOET": {
		"description": "Toets de locatie opnieuw: dossier en laatste toets spreken elkaar tegen.",
		"actor": lib.verzekeraars,
	},
}
