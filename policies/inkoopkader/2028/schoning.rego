# METADATA
# scope: package
# title: Schoning
# description: >-
#   De zorgaanbieder heeft verklaard dat hij de landelijk vastgestelde schoningsafspraken nakomt, met de verwijzing naar
#   het getekende document. Een rekenregel is niet openbaar; een verklaring volstaat (AMB-46).
# custom:
#   number: 3
#   source: "Inkoopkader budgetbekostiging SEH, 3. Schoning, 1"
#   quotation: >-
#     Voor het jaar 2027 en de daarop volgende jaren geldt dat de Zorgaanbieder de landelijk vastgestelde
#     schoningsafspraken nakomt.
#   remedy: Leg de verklaring over de schoningsafspraken vast, met de verwijzing naar het getekende document.
package inkoopkader.y2028.schoning

import rego.v1

import data.inkoopkader.y2028.lib

judgement := lib.judgement(lib.documented("SCHONING", missing, undocumented))

missing := "Verklaar dat de landelijk vastgestelde schoningsafspraken worden nagekomen."

undocumented := "Vermeld bij de verklaring over de schoning de verwijzing naar het getekende document."
