# METADATA
# scope: package
# title: Herkennen vitale bedreiging
# description: >-
#   De aanwezige arts kan een vitale bedreiging direct herkennen en behandelen en de ernst van het ziektebeeld
#   snel en juist beoordelen.
# custom:
#   code: B1
#   order: 40
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.1"
#   remedy: >-
#     Zorg dat de arts die in het tijdblok aanwezig is geschoold is in het herkennen en behandelen van vitale
#     bedreiging.
#   per_block: true
#   questions:
#     - arts.herkent_vitale_bedreiging
package kwaliteitskader.y2028.b1

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.ja("arts.herkent_vitale_bedreiging", block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
