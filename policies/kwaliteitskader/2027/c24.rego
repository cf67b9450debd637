# METADATA
# scope: package
# title: Huisarts binnen 24 uur
# description: >-
#   Bij ontslag naar huis is de huisarts altijd binnen 24 uur geïnformeerd.
# custom:
#   code: C24
#   order: 270
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, regievoering"
#   remedy: >-
#     Richt de verzending van het ontslagbericht zo in dat de huisarts altijd binnen 24 uur is geïnformeerd.
#   per_block: false
#   questions:
#     - huisarts.bericht_24_uur
package kwaliteitskader.y2027.c24

import rego.v1

import data.kwaliteitskader.y2027.lib

finding := lib.whole_location(lib.altijd("huisarts.bericht_24_uur", lib.locatie))
