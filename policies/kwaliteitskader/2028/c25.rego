# METADATA
# scope: package
# title: Gestructureerde overdracht van de ambulance
# description: >-
#   De ambulance draagt elke patiënt op de SEH over volgens een vaste structuur. Fictief voorbeeld van een norm die in
#   de loop van het jaar gaat tellen.
# custom:
#   code: C25
#   order: 280
#   level: norm
#   source: "Fictief voorbeeld; geen bestaande norm"
#   remedy: >-
#     Spreek met de ambulancedienst een vaste structuur voor de overdracht af en leg haar vast.
#   effective_on: 2028-07-01
#   per_block: true
#   questions:
#     - overdracht.gestructureerd
package kwaliteitskader.y2028.c25

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.altijd("overdracht.gestructureerd", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
