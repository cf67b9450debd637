# METADATA
# scope: package
# title: Overloop-DBC's
# description: >-
#   De zorgaanbieder heeft verklaard dat hij de volledige neutralisatie van dubbele bekostiging doorvoert, met de
#   verwijzing naar het getekende document (AMB-46). Overloop bestaat alleen naar het eerste jaar met een SEH-budget; in
#   latere jaren is de voorwaarde niet van toepassing.
# custom:
#   number: 4
#   source: "Inkoopkader budgetbekostiging SEH, 4. Overloop-DBC's, 1"
#   quotation: >-
#     De Zorgaanbieder conformeert zich aan het doorvoeren van een volledige neutralisatie van dubbele bekostiging van
#     SEH-bezoeken in DBC-zorgtrajecten die overlopen naar het eerste jaar met een SEH-budget vanuit het jaar ervoor en
#     voert daarvoor de landelijke gemaakte afspraken uit.
#   remedy: Leg de verklaring over de overloop-DBC's vast, met de verwijzing naar het getekende document.
package inkoopkader.y2027.overloop_dbc

import rego.v1

import data.inkoopkader.y2027.lib
import data.inkoopkader.y2027.thresholds

judgement := lib.not_applicable if {
	input.budget_year != thresholds.overloop_dbc.eerste_budgetjaar
} else := lib.judgement(lib.documented("OVERLOOP_DBC", missing, undocumented)) if {
	input.budget_year == thresholds.overloop_dbc.eerste_budgetjaar
}

missing := "Verklaar dat de dubbele bekostiging van overlopende DBC-zorgtrajecten volledig wordt geneutraliseerd."

undocumented := "Vermeld bij de verklaring over de overloop-DBC's de verwijzing naar het getekende document."
