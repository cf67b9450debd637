# METADATA
# scope: package
# title: Microbiologie cito
# description: >-
#   Microbiologisch onderzoek is op cito-indicatie 24 uur per dag en 7 dagen per week mogelijk.
# custom:
#   code: C13
#   order: 200
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Maak afspraken met een laboratorium over microbiologie op cito-indicatie, 24 uur per dag en 7 dagen per
#     week.
#   per_block: false
#   questions:
#     - laboratorium.microbiologie_cito
package kwaliteitskader.y2028.c13

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("laboratorium.microbiologie_cito", lib.locatie))
