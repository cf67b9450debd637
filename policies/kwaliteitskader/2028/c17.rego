# METADATA
# scope: package
# title: Spoedecho
# description: >-
#   Er zijn afspraken over spoedecho: wie deze maakt, hoe snel, en wie verantwoordelijk is.
# custom:
#   code: C17
#   order: 230
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Leg vast wie de spoedecho maakt, hoe snel, en wie verantwoordelijk is.
#   per_block: false
#   questions:
#     - echo.afspraken
package kwaliteitskader.y2028.c17

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("echo.afspraken", lib.locatie))
