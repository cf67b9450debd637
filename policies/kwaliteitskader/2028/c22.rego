# METADATA
# scope: package
# title: Kinderen
# description: >-
#   Afspraken over de overdracht van kinderen zijn vastgelegd in lokale protocollen.
# custom:
#   code: C22
#   order: 260
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, regievoering"
#   remedy: >-
#     Leg de afspraken over de overdracht van kinderen met de kinderartsen vast in lokale protocollen.
#   per_block: false
#   questions:
#     - regie.kinderen_afspraken
package kwaliteitskader.y2028.c22

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("regie.kinderen_afspraken", lib.locatie))
