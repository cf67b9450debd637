# METADATA
# scope: package
# title: Bereikbare specialismen en ondersteuning
# description: >-
#   Ten minste 14 medisch specialismen en 6 ondersteunende beroepen zijn bereikbaar.
# custom:
#   code: B10
#   order: 120
#   level: norm
#   source: "NZa advies Passende acute zorg 3.2.3; Kwaliteitskader Spoedzorgketen 6.1"
#   remedy: >-
#     Maak afspraken met de ontbrekende medisch specialismen en ondersteunende beroepen over hun bereikbaarheid.
#   per_block: false
#   questions:
#     - specialismen.bereikbaar_aantal
#     - ondersteuning.bereikbaar_aantal
package kwaliteitskader.y2028.b10

import rego.v1

import data.kwaliteitskader.y2028.lib
import data.kwaliteitskader.y2028.thresholds

finding := lib.whole_location(lib.all_of([
	lib.at_least("specialismen.bereikbaar_aantal", thresholds.b10.specialismen, lib.locatie),
	lib.at_least("ondersteuning.bereikbaar_aantal", thresholds.b10.ondersteuning, lib.locatie),
]))
