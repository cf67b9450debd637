# METADATA
# scope: package
# title: Radiologie
# description: >-
#   Gedurende de openingstijden is radiologie beschikbaar.
# custom:
#   code: B8
#   order: 100
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.2"
#   remedy: >-
#     Zorg dat radiologie in elk geopend tijdblok altijd beschikbaar is.
#   per_block: true
#   questions:
#     - radiologie.beschikbaar
package kwaliteitskader.y2028.b8

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.altijd("radiologie.beschikbaar", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
