# METADATA
# scope: package
# title: ECG bij aankomst
# description: >-
#   Bij verdenking van een hartprobleem wordt de patiënt bij aankomst aan de monitor gelegd en wordt een ECG
#   gemaakt.
# custom:
#   code: C19
#   order: 240
#   level: aanbeveling
#   source: "Kwaliteitsstandaard Intramurale Spoedzorg, diagnostiek"
#   remedy: >-
#     Neem monitorbewaking en een ECG bij aankomst op in het protocol voor verdenking van een hartprobleem.
#   per_block: false
#   questions:
#     - ecg.bij_aankomst
package kwaliteitskader.y2028.c19

import rego.v1

import data.kwaliteitskader.y2028.lib

finding := lib.whole_location(lib.ja("ecg.bij_aankomst", lib.locatie))
