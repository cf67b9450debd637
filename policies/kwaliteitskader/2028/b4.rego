# METADATA
# scope: package
# title: Geriatrische expertise beschikbaar
# description: >-
#   Gedurende de openingstijden is de expertise van een klinisch geriater of internist-ouderengeneeskunde zo
#   nodig in persoon beschikbaar.
# custom:
#   code: B4
#   order: 70
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.1"
#   remedy: >-
#     Maak afspraken waardoor een klinisch geriater of internist-ouderengeneeskunde in elk geopend tijdblok zo
#     nodig naar de SEH komt.
#   per_block: true
#   questions:
#     - geriatrie.beschikbaar
package kwaliteitskader.y2028.b4

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.altijd("geriatrie.beschikbaar", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
