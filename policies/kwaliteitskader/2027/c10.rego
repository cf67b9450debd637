# METADATA
# scope: package
# title: Triage gereed binnen 10 minuten
# description: >-
#   De triage is binnen 10 minuten na aankomst gereed.
# custom:
#   code: C10
#   order: 180
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, triage"
#   remedy: >-
#     Verkort de tijd tot het einde van de triage tot ten hoogste 10 minuten na aankomst.
#   per_block: false
#   questions:
#     - triage.gereed_minuten
package kwaliteitskader.y2027.c10

import rego.v1

import data.kwaliteitskader.y2027.lib
import data.kwaliteitskader.y2027.thresholds

finding := lib.whole_location(lib.at_most("triage.gereed_minuten", thresholds.c10.minuten, lib.locatie))
