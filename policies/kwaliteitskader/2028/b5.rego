# METADATA
# scope: package
# title: Traumazorg volgens level
# description: >-
#   Een locatie met een traumalevel voldoet gedurende de openingstijden aan de normen van dat level. De norm
#   geldt niet voor een locatie zonder traumalevel of zonder geopend tijdblok.
# custom:
#   code: B5
#   order: 80
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen; NVT Levelcriteria"
#   remedy: >-
#     Breng de traumazorg in elk geopend tijdblok op het niveau van de levelcriteria, of laat het traumalevel in
#     overleg met het traumacentrum aanpassen.
#   per_block: true
#   questions:
#     - trauma.level
#     - trauma.voldoet_aan_level
package kwaliteitskader.y2028.b5

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

# Zonder traumalevel geldt de norm niet.
applies := lib.is_not("trauma.level", thresholds.b5.zonder_level, lib.locatie)

blocks[block] := lib.ja("trauma.voldoet_aan_level", block) if some block in lib.open_blocks

finding := lib.per_block_when(applies, blocks)
