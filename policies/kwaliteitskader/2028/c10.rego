# METADATA
# scope: package
# title: Triage gereed binnen 8 minuten
# description: >-
#   De triage is binnen 8 minuten na aankomst gereed. Fictief voorbeeld: de grens van 2027, 10 minuten, is verlaagd.
# custom:
#   code: C10
#   order: 180
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, triage"
#   remedy: >-
#     Verkort de tijd tot het einde van de triage tot ten hoogste 8 minuten na aankomst.
#   renamed_from: Triage gereed binnen 10 minuten
#   per_block: false
#   questions:
#     - triage.gereed_minuten
package kwaliteitskader.y2028.c10

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.at_most("triage.gereed_minuten", thresholds.c10.minuten, lib.locatie))
