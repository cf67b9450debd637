# METADATA
# scope: package
# title: Huisarts binnen 24 uur
# description: >-
#   Bij ontslag naar huis is de huisarts altijd binnen 24 uur geïnformeerd. Fictief voorbeeld: in 2027 was dit een
#   aanbeveling.
# custom:
#   code: C24
#   order: 270
#   level: norm
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, regievoering"
#   remedy: >-
#     Richt de verzending van het ontslagbericht zo in dat de huisarts altijd binnen 24 uur is geïnformeerd.
#   per_block: false
#   questions:
#     - huisarts.bericht_24_uur
package kwaliteitskader.y2028.c24

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.altijd("huisarts.bericht_24_uur", lib.locatie))
