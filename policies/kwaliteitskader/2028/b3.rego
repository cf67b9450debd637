# METADATA
# scope: package
# title: Geriatrische expertise bereikbaar
# description: >-
#   Gedurende de openingstijden is een klinisch geriater of internist-ouderengeneeskunde in huis of bereikbaar
#   voor consult.
# custom:
#   code: B3
#   order: 60
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.1 (doorzettingsmacht)"
#   remedy: >-
#     Maak afspraken waardoor in elk geopend tijdblok een klinisch geriater of internist-ouderengeneeskunde
#     bereikbaar is voor consult.
#   per_block: true
#   questions:
#     - geriatrie.consult_bereikbaar
package kwaliteitskader.y2028.b3

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.altijd("geriatrie.consult_bereikbaar", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
