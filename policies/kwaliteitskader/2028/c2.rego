# METADATA
# scope: package
# title: Cursussen eerste opvang
# description: >-
#   De arts die de eerste opvang doet heeft ten minste 2 erkende cursussen afgerond, zoals ATLS, ALS, APLS of
#   gelijkwaardig.
# custom:
#   code: C2
#   order: 140
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, basiseisen"
#   remedy: >-
#     Laat de artsen van de eerste opvang ten minste 2 erkende cursussen afronden.
#   per_block: true
#   questions:
#     - arts.cursussen_aantal
package kwaliteitskader.y2028.c2

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

blocks[block] := lib.at_least("arts.cursussen_aantal", thresholds.c2.cursussen, block) if some block in lib.open_blocks

finding := lib.per_block(blocks)
