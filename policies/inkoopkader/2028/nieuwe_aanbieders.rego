# METADATA
# scope: package
# title: Nieuwe aanbieders
# description: >-
#   Alleen voor wie op de peildatum nog geen SEH-zorg leverde (AMB-22); nieuw is een zorgaanbieder, geen locatie
#   (AMB-21). Het laatste besluit van elke representerende zorgverzekeraar is AKKOORD (AMB-44).
# custom:
#   number: 7
#   source: "Inkoopkader budgetbekostiging SEH, 7. Nieuwe aanbieders, 1"
#   quotation: >-
#     Nieuwe aanbieders van SEH-zorg komen alleen in aanmerking voor een SEH-budget en daarmee ondertekening van een
#     seh-budgetaanvraag door zorgverzekeraars na expliciet akkoord van representerende zorgverzekeraars.
#   remedy: Vraag het akkoord van elke representerende zorgverzekeraar.
package inkoopkader.y2028.nieuwe_aanbieders

import rego.v1

import data.inkoopkader.y2028.lib

judgement := lib.not_applicable if {
	input.new_provider == false
} else := lib.judgement(lib.all_of(decisions)) if {
	input.new_provider == true
	count(decisions) == count(input.representatives)
}

decisions := [c | some found in input.representatives; c := decision(found)] if is_array(input.representatives)

decision(found) := lib.met if {
	found.decision == "AKKOORD"
} else := lib.unmet(lib.item(lib.whole_provider, refused, lib.verzekeraars, lib.no_term)) if {
	found.decision == "AFGEWEZEN"
	refused := sprintf("Zorgverzekeraar %v heeft de nieuwe aanbieder afgewezen; alleen een later akkoord heft dat op.", [found.insurer])
} else := lib.unmet(lib.item(lib.whole_provider, undecided, lib.verzekeraars, lib.no_term)) if {
	found.decision == ""
	undecided := sprintf("Zorgverzekeraar %v moet nog besluiten over de nieuwe aanbieder.", [found.insurer])
}
