# METADATA
# scope: package
# title: Triagesysteem
# description: >-
#   De SEH gebruikt een betrouwbaar en gevalideerd triagesysteem: MTS, ESI of NTS.
# custom:
#   code: C8
#   order: 170
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, triage"
#   remedy: >-
#     Voer een van de aanvaarde triagesystemen (MTS, ESI of NTS) in.
#   per_block: false
#   questions:
#     - triage.systeem
package kwaliteitskader.y2028.c8

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.one_of("triage.systeem", thresholds.c8.systemen, lib.locatie))
