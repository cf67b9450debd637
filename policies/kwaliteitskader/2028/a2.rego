# METADATA
# scope: package
# title: SEH-verpleegkundige
# description: >-
#   Gedurende de openingstijden is ten minste één gediplomeerde SEH-verpleegkundige aanwezig met aantoonbare
#   werkervaring op de SEH. Deze zelfde verpleegkundige heeft de basisopleiding, de vervolgopleiding SEH,
#   trainingen in triage en trainingen in de systematische opvang van een traumapatiënt en van een vitaal
#   bedreigd kind.
# custom:
#   code: A2
#   order: 30
#   level: voorwaardelijk
#   source: "Inkoopkader budgetbekostiging SEH, bijlage A, stap 2, eis 2; Kwaliteitskader Spoedzorgketen 6.1"
#   remedy: >-
#     Rooster in elk geopend tijdblok een SEH-verpleegkundige in die alle genoemde opleidingen en trainingen
#     heeft, en leg dit binnen de hersteltermijn van drie maanden aantoonbaar vast.
#   per_block: true
#   questions:
#     - verpleegkundige.aanwezig
#     - verpleegkundige.werkervaring_seh
#     - verpleegkundige.basisopleiding
#     - verpleegkundige.vervolgopleiding_seh
#     - verpleegkundige.triage_training
#     - verpleegkundige.trauma_training
#     - verpleegkundige.kind_training
package kwaliteitskader.y2028.a2

import rego.v1

import data.kwaliteitskader.y2028.lib

blocks[block] := lib.all_of([
	lib.altijd("verpleegkundige.aanwezig", block),
	lib.ja("verpleegkundige.werkervaring_seh", block),
	lib.ja("verpleegkundige.basisopleiding", block),
	lib.ja("verpleegkundige.vervolgopleiding_seh", block),
	lib.ja("verpleegkundige.triage_training", block),
	lib.ja("verpleegkundige.trauma_training", block),
	lib.ja("verpleegkundige.kind_training", block),
]) if some block in lib.open_blocks

finding := lib.per_block(blocks)
