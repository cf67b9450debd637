# METADATA
# scope: package
# title: Triage start binnen 5 minuten
# description: >-
#   Na aankomst van de patiënt start een SEH-verpleegkundige altijd binnen 5 minuten met de triage.
# custom:
#   code: B2
#   order: 50
#   level: norm
#   source: "Kwaliteitskader Spoedzorgketen 4"
#   remedy: >-
#     Richt de aankomst en de bezetting zo in dat een SEH-verpleegkundige bij elke patiënt binnen 5 minuten met de
#     triage start.
#   per_block: false
#   questions:
#     - triage.start_binnen_5_minuten
package kwaliteitskader.y2028.b2

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.altijd("triage.start_binnen_5_minuten", lib.locatie))
