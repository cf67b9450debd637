# METADATA
# scope: package
# title: CT bij vitale bedreiging
# description: >-
#   Bij vitale bedreiging kan binnen 60 minuten na de aanvraag een CT worden gemaakt, die binnen 30 minuten
#   daarna is beoordeeld.
# custom:
#   code: C16
#   order: 220
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Maak met de radiologie afspraken over een CT binnen 60 minuten en de beoordeling daarvan binnen 30 minuten.
#   per_block: false
#   questions:
#     - radiologie.ct_minuten
#     - radiologie.ct_beoordeling_minuten
package kwaliteitskader.y2028.c16

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.all_of([
	lib.at_most("radiologie.ct_minuten", thresholds.c16.ct_minuten, lib.locatie),
	lib.at_most("radiologie.ct_beoordeling_minuten", thresholds.c16.beoordeling_minuten, lib.locatie),
]))
