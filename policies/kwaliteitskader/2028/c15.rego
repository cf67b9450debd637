# METADATA
# scope: package
# title: Röntgen binnen 30 minuten
# description: >-
#   Een röntgenfoto kan binnen 30 minuten na de aanvraag worden gemaakt.
# custom:
#   code: C15
#   order: 210
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Maak met de radiologie afspraken over een röntgenfoto binnen 30 minuten na de aanvraag.
#   per_block: false
#   questions:
#     - radiologie.rontgen_minuten
package kwaliteitskader.y2028.c15

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.at_most("radiologie.rontgen_minuten", thresholds.c15.minuten, lib.locatie))
