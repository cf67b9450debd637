# METADATA
# scope: package
# title: Luchtweg en reanimatie binnen 5 minuten
# description: >-
#   Een arts die een luchtweg kan vrijmaken en kan reanimeren staat binnen 5 minuten aan het bed.
# custom:
#   code: C4
#   order: 150
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, basiseisen"
#   remedy: >-
#     Organiseer de bezetting zo dat een arts die een luchtweg kan vrijmaken binnen 5 minuten aan het bed staat.
#   per_block: false
#   questions:
#     - luchtweg.maximaal_minuten
package kwaliteitskader.y2028.c4

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.at_most("luchtweg.maximaal_minuten", thresholds.c4.minuten, lib.locatie))
