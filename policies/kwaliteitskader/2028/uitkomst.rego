# METADATA
# scope: package
# title: Alle oordelen
# description: >-
#   Verzamelt het oordeel van elke norm van het jaar onder de naam van zijn bestand.
#   Het pakket ligt buiten dat van het jaar, omdat het er anders zelf in zou zitten.
package kwaliteitskader.uitkomst.y2028

import rego.v1

findings[stem] := finding if {
	some stem
	finding := data.kwaliteitskader.y2028[stem].finding
}
