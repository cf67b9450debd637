# METADATA
# scope: package
# title: Afwijken van het normbudget
# description: >-
#   De aanpassing van het normbudget aan de openstelling volgt uit de berekening. Wat deze voorwaarde van de
#   zorgaanbieder vraagt, is dat hij de representerende zorgverzekeraars informeert over structurele sluitingen en
#   verantwoording aflegt over SEH-stops. Een verplichting die nog binnen haar termijn openstaat wordt genoemd en houdt
#   niet tegen; is de termijn verstreken, dan wel. Zonder open verplichting is voldaan.
# custom:
#   number: 5
#   source: "Inkoopkader budgetbekostiging SEH, 5. Afwijken van het normbudget, 1 en bijlage B, 1 en 4"
#   quotation: >-
#     Wanneer in de loop van het jaar blijkt dat een SEH door onvoorziene omstandigheden niet 24 uur per dag /7 dagen
#     per week geopend kan blijven, vindt aanpassing van het normbudget plaats. Zie bijlage B bij dit inkoopkader voor
#     de vorm en voorwaarden daarvoor.
#   remedy: Kom de verplichtingen uit bijlage B na en leg dat vast.
package inkoopkader.y2027.afwijken

import rego.v1

import data.inkoopkader.y2027.lib

judgement := lib.per_location(lib.applied_for, [c |
	some location in lib.applied_for
	c := open_duties(location)
])

open_duties(location) := lib.met if {
	location.duties == []
} else := lib.all_of(checks) if {
	is_array(location.duties)
	checks := [c | some duty in location.duties; c := check(location.name, duty)]
	count(checks) == count(location.duties)
}

check(name, duty) := lib.unmet(lib.item(name, description, lib.aanbieder, duty.due_on)) if {
	description := texts[duty.kind]
	lib.passed(duty.due_on)
} else := lib.met_with(lib.item(name, description, lib.aanbieder, duty.due_on)) if {
	description := texts[duty.kind]
	duty.due_on >= input.as_of
}

texts := {
	"STRUCTURELE_SLUITING": "Informeer de representerende zorgverzekeraars over de structurele sluiting en leg dat vast.",
	"SEH_STOPS": "Leg verantwoording af over de SEH-stops, bespreek ze in ROAZ-verband en leg dat vast.",
}
