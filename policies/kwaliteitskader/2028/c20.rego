# METADATA
# scope: package
# title: Eindverantwoordelijke
# description: >-
#   Direct na de triage is duidelijk welke medisch specialist of SEH-arts eindverantwoordelijk is, totdat deze
#   aantoonbaar overdraagt.
# custom:
#   code: C20
#   order: 250
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, regievoering"
#   remedy: >-
#     Leg vast hoe direct na de triage de eindverantwoordelijke wordt aangewezen en vastgelegd.
#   per_block: false
#   questions:
#     - regie.eindverantwoordelijke
package kwaliteitskader.y2028.c20

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("regie.eindverantwoordelijke", lib.locatie))
