# METADATA
# scope: package
# title: Arts op de SEH, voorkeursniveau
# description: >-
#   Gedurende de openingstijden is een SEH-arts of andere medisch specialist aanwezig die ten minste de
#   cursussen Advanced Life Support (ALS) en Advanced Pediatric Life Support (APLS) heeft afgerond.
# custom:
#   code: A1-VOORKEUR
#   order: 20
#   level: aanbeveling
#   source: "Inkoopkader budgetbekostiging SEH, bijlage A, stap 2, eis 1, eerste volzin"
#   remedy: >-
#     Rooster in elk geopend tijdblok een SEH-arts of andere medisch specialist in en laat deze de cursussen ALS
#     en APLS afronden.
#   per_block: true
#   questions:
#     - arts.specialist_aanwezig
#     - arts.als_afgerond
#     - arts.apls_afgerond
package kwaliteitskader.y2028.a1_voorkeur

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.all_of([
	lib.altijd("arts.specialist_aanwezig", block),
	lib.ja("arts.als_afgerond", block),
	lib.ja("arts.apls_afgerond", block),
]) if some block in lib.open_blocks

finding := lib.per_block(blocks)
