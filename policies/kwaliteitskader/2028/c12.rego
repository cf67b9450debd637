# METADATA
# scope: package
# title: Klinische chemie binnen 60 minuten
# description: >-
#   Uitslagen van klinische chemie zijn er regulier binnen 60 minuten na de aanvraag.
# custom:
#   code: C12
#   order: 190
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Maak met het laboratorium afspraken over uitslagen binnen 60 minuten na de aanvraag.
#   per_block: false
#   questions:
#     - laboratorium.chemie_minuten
package kwaliteitskader.y2028.c12

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.at_most("laboratorium.chemie_minuten", thresholds.c12.minuten, lib.locatie))
