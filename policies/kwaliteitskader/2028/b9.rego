# METADATA
# scope: package
# title: Laboratorium
# description: >-
#   Gedurende de openingstijden is een laboratorium beschikbaar.
# custom:
#   code: B9
#   order: 110
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.2"
#   remedy: >-
#     Zorg dat een laboratorium in elk geopend tijdblok altijd beschikbaar is.
#   per_block: true
#   questions:
#     - laboratorium.beschikbaar
package kwaliteitskader.y2028.b9

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.altijd("laboratorium.beschikbaar", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
