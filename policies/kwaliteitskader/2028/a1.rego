# METADATA
# scope: package
# title: Arts op de SEH
# description: >-
#   Gedurende de openingstijden is een SEH-arts of andere medisch specialist aanwezig die de cursussen ALS en
#   APLS heeft afgerond (voorkeursniveau), of ten minste een arts met 12 maanden klinische ervaring, waarvan 6
#   maanden in een poortspecialisme, bij de anesthesiologie of op de intensive care (minimumnorm). Het ene
#   tijdblok mag aan het voorkeursniveau voldoen en het andere aan de minimumnorm.
# custom:
#   code: A1
#   order: 10
#   level: voorwaardelijk
#   source: "Inkoopkader budgetbekostiging SEH, bijlage A, stap 2, eis 1; Kwaliteitskader Spoedzorgketen 6.1"
#   remedy: >-
#     Rooster voor elk geopend tijdblok een arts in die aan het voorkeursniveau of aan de minimumnorm voldoet, en
#     leg dit binnen de hersteltermijn van drie maanden aantoonbaar vast.
#   per_block: true
#   questions:
#     - arts.specialist_aanwezig
#     - arts.als_afgerond
#     - arts.apls_afgerond
#     - arts.ervaren_arts_aanwezig
#     - arts.klinische_ervaring_maanden
#     - arts.poortervaring_maanden
package kwaliteitskader.y2028.a1

import rego.v1

import data.kwaliteitskader.y2028.a1_voorkeur
import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

# De minimumnorm: een arts met voldoende klinische ervaring.
minimum(block) := lib.all_of([
	lib.altijd("arts.ervaren_arts_aanwezig", block),
	lib.at_least("arts.klinische_ervaring_maanden", thresholds.a1.klinische_ervaring_maanden, block),
	lib.at_least("arts.poortervaring_maanden", thresholds.a1.poortervaring_maanden, block),
])

# Het voorkeursniveau staat in a1_voorkeur.rego.
blocks[block] := lib.any_of([a1_voorkeur.blocks[block], minimum(block)]) if some block in lib.open_blocks

finding := lib.per_block(blocks)
