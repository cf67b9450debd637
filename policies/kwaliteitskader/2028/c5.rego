# METADATA
# scope: package
# title: Specialist binnen 30 minuten
# description: >-
#   Van elk van de tien genoemde specialismen kan een specialist binnen 30 minuten op de SEH zijn, tenzij de
#   eigen wetenschappelijke vereniging een onderbouwde andere tijd heeft vastgesteld.
# custom:
#   code: C5
#   order: 160
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, basiseisen"
#   remedy: >-
#     Maak met de betrokken specialismen afspraken over aankomst binnen 30 minuten, of leg de onderbouwde
#     afwijking van de wetenschappelijke vereniging vast.
#   per_block: false
#   questions:
#     - specialismen.aankomst_minuten
package kwaliteitskader.y2028.c5

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.all_of([specialism_on_time(specialism) |
	some specialism in thresholds.c5.specialismen
]))

# Op tijd, of met een onderbouwde afwijking van de eigen wetenschappelijke vereniging.
specialism_on_time(specialism) := lib.any_of([
	lib.arrives_within("specialismen.aankomst_minuten", specialism, thresholds.c5.minuten),
	lib.justified_exception("specialismen.aankomst_minuten", specialism),
])
