# METADATA
# scope: package
# title: Signalering kindermishandeling
# description: >-
#   Op de SEH wordt gescreend op signalen van kindermishandeling.
# custom:
#   code: D1
#   order: 130
#   level: norm
#   source: "Richtlijn Signalering kindermishandeling"
#   remedy: >-
#     Voer de screening op signalen van kindermishandeling in en leg de werkwijze vast.
#   per_block: false
#   questions:
#     - kindermishandeling.signalering
package kwaliteitskader.y2028.d1

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("kindermishandeling.signalering", lib.locatie))
