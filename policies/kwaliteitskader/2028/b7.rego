# METADATA
# scope: package
# title: Intensive care
# description: >-
#   Het ziekenhuis kan een beroep doen op een intensive care.
# custom:
#   code: B7
#   order: 90
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 6.2"
#   remedy: >-
#     Richt een intensive care in of leg de afspraken vast met een ziekenhuis dat daarover beschikt.
#   per_block: false
#   questions:
#     - ic.beschikbaar
package kwaliteitskader.y2028.b7

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("ic.beschikbaar", lib.locatie))
