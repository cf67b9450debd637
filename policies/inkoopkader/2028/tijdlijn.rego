# METADATA
# scope: package
# title: Tijdlijn
# description: >-
#   De zorgaanbieder heeft verklaard dat hij zich aan de tijdlijnen houdt, en de uiterste dag om de aanvraag in te dienen
#   is niet verstreken zonder ingediende aanvraag. Zolang die dag niet is ingesteld, wordt daarvoor gewaarschuwd; dat
#   houdt niet tegen (AMB-50).
# custom:
#   number: 6
#   source: "Inkoopkader budgetbekostiging SEH, 6. Tijdlijn, 1"
#   quotation: >-
#     De Zorgaanbieder committeert zich aan de afgesproken tijdlijnen zoals beschreven in de regelgeving van de NZa
#     (budgetbekostiging spoedeisende hulp BR/REG-26150) en afgesproken met branchepartijen.
#   remedy: Leg de verklaring over de tijdlijn vast en dien de aanvraag op tijd in.
package inkoopkader.y2028.tijdlijn

import rego.v1

import data.inkoopkader.y2028.lib

judgement := lib.judgement(lib.all_of([lib.declared("TIJDLIJN", missing), filing]))

missing := "Verklaar dat de tijdlijnen van de NZa en de afspraken met de branchepartijen worden gevolgd."

filing := lib.met_with(lib.item(lib.whole_provider, unset, lib.verzekeraars, lib.no_term)) if {
	input.filing_deadline == lib.no_term
} else := lib.met if {
	is_string(input.submitted_on)
	input.submitted_on != ""
} else := lib.unmet(lib.item(lib.whole_provider, too_late, lib.samen, input.filing_deadline)) if {
	lib.passed(input.filing_deadline)
} else := lib.met_with(lib.item(lib.whole_provider, to_file, lib.samen, input.filing_deadline)) if {
	input.filing_deadline >= input.as_of
}

unset := "De uiterste dag om de aanvraag in te dienen is niet ingesteld; zij staat in BR/REG-26150."

too_late := "De uiterste dag om de aanvraag in te dienen is verstreken zonder ingediende aanvraag."

to_file := "Dien de aanvraag in bij de NZa."
