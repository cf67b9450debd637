# METADATA
# scope: package
# title: Alle voorwaarden
# description: >-
#   Verzamelt het oordeel over elke voorwaarde van het jaar onder de naam van haar bestand.
#   Het pakket ligt buiten dat van het jaar, omdat het er anders zelf in zou zitten.
package inkoopkader.uitkomst.y2027

import rego.v1

judgements[stem] := judgement if {
	some stem
	judgement := data.inkoopkader.y2027[stem].judgement
}
